// What a verifying process that was taken over can make the keeper believe: nothing.
#include "api/link_keeper.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "tests/fakes/certificate_maker.h"

namespace api {
namespace {

using tests::CaExtensions;
using tests::Identity;
using tests::Make;

class LinkKeeperTest : public testing::Test {
 protected:
  LinkKeeperTest() : keeper_(Trusting(ca_)) {}

  static std::shared_ptr<const signing::PreparedTrust> Trusting(const Identity& anchor) {
    const base::Bytes der = anchor.Der();
    return std::make_shared<const signing::PreparedTrust>(
        signing::PreparedTrust::Read({{"anchor", der}}, {}));
  }
  static base::Bytes Candidate(const Identity& issuer, const base::Bytes& der) {
    return signing::CandidateOf(tests::Public(issuer).Sha256(), der);
  }
  // True when a check was started for it.
  bool NoteAndCheck(const base::Bytes& candidate) {
    keeper_.Note({candidate});
    keeper_.StartNext();
    if (keeper_.running() == nullptr) return false;
    while (!keeper_.running()->Read()) {
      pollfd item{keeper_.running()->fd(), POLLIN, 0};
      ::poll(&item, 1, -1);
    }
    keeper_.Finish();
    return true;
  }
  bool Knows(const base::Bytes& candidate) const {
    return keeper_.links()->Contains(signing::LinkOfCandidate(candidate));
  }

  const Identity ca_ = Make({.name = "CA", .extensions = CaExtensions()});
  const Identity leaf_ = Make({.name = "signer", .issuer = &ca_});
  LinkKeeper keeper_;
};

TEST_F(LinkKeeperTest, ALinkReportedTwiceIsCheckedAndKept) {
  const base::Bytes candidate = Candidate(ca_, leaf_.Der());
  EXPECT_FALSE(NoteAndCheck(candidate));
  EXPECT_TRUE(NoteAndCheck(candidate));
  EXPECT_TRUE(Knows(candidate));
  EXPECT_FALSE(NoteAndCheck(candidate));  // Not again.
}

TEST_F(LinkKeeperTest, ALieIsCheckedOnceAndNeverBelieved) {
  const Identity other = Make({.name = "CA", .extensions = CaExtensions()});
  const base::Bytes lie = Candidate(ca_, Make({.name = "signer", .issuer = &other}).Der());
  EXPECT_FALSE(NoteAndCheck(lie));
  EXPECT_TRUE(NoteAndCheck(lie));
  EXPECT_FALSE(NoteAndCheck(lie));
  EXPECT_FALSE(Knows(lie));
}

TEST_F(LinkKeeperTest, AStrangersCertificateIsNoIssuer) {
  const Identity other = Make({.name = "CA", .extensions = CaExtensions()});
  const base::Bytes lie = Candidate(other, Make({.name = "signer", .issuer = &other}).Der());
  NoteAndCheck(lie);
  EXPECT_TRUE(NoteAndCheck(lie));
  EXPECT_FALSE(Knows(lie));
}

TEST_F(LinkKeeperTest, ATrailingByteIsAnotherCertificate) {
  base::Bytes der = leaf_.Der();
  der.push_back(0);
  const base::Bytes lie = Candidate(ca_, der);
  NoteAndCheck(lie);
  EXPECT_TRUE(NoteAndCheck(lie));
  EXPECT_FALSE(Knows(lie));
}

TEST_F(LinkKeeperTest, RubbishIsNotEvenChecked) {
  const base::Bytes long_one(std::size_t{9} * 1024, 1);
  EXPECT_FALSE(NoteAndCheck(long_one));
  EXPECT_FALSE(NoteAndCheck(long_one));
  const base::Bytes short_one(31, 1);
  NoteAndCheck(short_one);
  EXPECT_TRUE(NoteAndCheck(short_one));  // And harms nobody.
}

TEST_F(LinkKeeperTest, WithoutTrustNothingIsKept) {
  LinkKeeper keeper(nullptr);
  const base::Bytes candidate = Candidate(ca_, leaf_.Der());
  keeper.Note({candidate, candidate});
  keeper.StartNext();
  EXPECT_EQ(keeper.running(), nullptr);
  EXPECT_EQ(keeper.links(), nullptr);
}

}  // namespace
}  // namespace api
