// What a verifying process that was taken over can make the keeper believe: nothing.
#include "api/claim_keeper.h"

#include <gtest/gtest.h>
#include <openssl/x509.h>
#include <poll.h>

#include "tests/fakes/certificate_maker.h"

namespace api {
namespace {

using tests::CaExtensions;
using tests::Identity;
using tests::Make;

class ClaimKeeperTest : public testing::Test {
 protected:
  // That the issuer's key signed the leaf, whether that is so or not.
  static base::Bytes Claim(const Identity& issuer, const Identity& leaf) {
    const signing::Certificate certificate = tests::Public(leaf);
    const signing::Certificate signer = tests::Public(issuer);
    const ASN1_BIT_STRING* value = nullptr;
    const X509_ALGOR* algorithm = nullptr;
    X509_get0_signature(&value, &algorithm, certificate.x509());
    unsigned char* tbs = nullptr;
    const int size = i2d_re_X509_tbs(certificate.x509(), &tbs);
    const auto claim = signing::ClaimOf(
        {signer,
         algorithm->algorithm,
         nullptr,
         {tbs, static_cast<std::size_t>(size)},
         {ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value))}});
    OPENSSL_free(tbs);
    return claim.value_or(base::Bytes{});
  }
  // True when a check was started for it.
  bool NoteAndCheck(const base::Bytes& claim) {
    keeper_.Note({claim});
    keeper_.StartNext();
    if (keeper_.running() == nullptr) return false;
    while (!keeper_.running()->Read()) {
      pollfd item{keeper_.running()->fd(), POLLIN, 0};
      ::poll(&item, 1, -1);
    }
    keeper_.Finish();
    return true;
  }
  bool Knows(const base::Bytes& claim) const { return keeper_.known().Contains(claim); }

  const Identity ca_ = Make({.name = "CA", .extensions = CaExtensions()});
  const Identity leaf_ = Make({.name = "signer", .issuer = &ca_});
  ClaimKeeper keeper_;
};

TEST_F(ClaimKeeperTest, AClaimReportedTwiceIsCheckedAndKept) {
  const base::Bytes claim = Claim(ca_, leaf_);
  EXPECT_FALSE(NoteAndCheck(claim));
  EXPECT_TRUE(NoteAndCheck(claim));
  EXPECT_TRUE(Knows(claim));
  EXPECT_FALSE(NoteAndCheck(claim));  // Not again.
}

TEST_F(ClaimKeeperTest, ALieIsCheckedOnceAndNeverBelieved) {
  const Identity other = Make({.name = "CA", .extensions = CaExtensions()});
  const base::Bytes lie = Claim(ca_, Make({.name = "signer", .issuer = &other}));
  EXPECT_FALSE(NoteAndCheck(lie));
  EXPECT_TRUE(NoteAndCheck(lie));
  EXPECT_FALSE(NoteAndCheck(lie));
  EXPECT_FALSE(Knows(lie));
}

// Whoever has a key may have what it signed remembered: it says nothing of other keys.
TEST_F(ClaimKeeperTest, AStrangersClaimIsOfTheStrangersKeyAlone) {
  const Identity other = Make({.name = "CA", .extensions = CaExtensions()});
  const Identity leaf = Make({.name = "signer", .issuer = &other});
  const base::Bytes claim = Claim(other, leaf);
  NoteAndCheck(claim);
  EXPECT_TRUE(NoteAndCheck(claim));
  EXPECT_TRUE(Knows(claim));
  EXPECT_FALSE(Knows(Claim(ca_, leaf)));
}

TEST_F(ClaimKeeperTest, ATrailingByteIsAnotherClaim) {
  base::Bytes lie = Claim(ca_, leaf_);
  lie.push_back(0);
  NoteAndCheck(lie);
  EXPECT_TRUE(NoteAndCheck(lie));
  EXPECT_FALSE(Knows(lie));
}

TEST_F(ClaimKeeperTest, RubbishIsNotEvenChecked) {
  const base::Bytes long_one(std::size_t{9} * 1024, 1);
  EXPECT_FALSE(NoteAndCheck(long_one));
  EXPECT_FALSE(NoteAndCheck(long_one));
  const base::Bytes short_one(31, 1);
  NoteAndCheck(short_one);
  EXPECT_TRUE(NoteAndCheck(short_one));  // And harms nobody.
}

}  // namespace
}  // namespace api
