#include "signing/checked_links.h"

#include <gtest/gtest.h>

#include "signing/path_builder.h"
#include "tests/fakes/certificate_maker.h"

namespace signing {
namespace {

using tests::CaExtensions;
using tests::Day;
using tests::Identity;
using tests::Make;
using tests::Public;

const base::Time kThen = Day(2023, 3, 1);

class CheckedLinksTest : public testing::Test {
 protected:
  static TrustSnapshot Trusting(const Identity& anchor) {
    const base::Bytes der = anchor.Der();
    return TrustSnapshot::Read({{"anchor", der}}, kThen, nullptr);
  }
  static base::Bytes Candidate(const Identity& issuer, const base::Bytes& der) {
    return CandidateOf(Public(issuer).Sha256(), der);
  }
  bool Check(const base::Bytes& der) const { return CheckLink(links_, Candidate(ca_, der)); }
  CertificatePath Build(LinkMemory& memory, const Certificate& leaf) const {
    return PathBuilder(trust_, {.links = &memory})
        .Build({.leaf = leaf, .purpose = PathPurpose::kSigner, .time = kThen, .others = {}});
  }

  const Identity ca_ = Make({.name = "CA", .extensions = CaExtensions()});
  const Identity leaf_ = Make({.name = "signer", .issuer = &ca_});
  const TrustSnapshot trust_ = Trusting(ca_);
  CheckedLinks links_{trust_};
};

TEST_F(CheckedLinksTest, ASignatureOfAnIssuerIsALink) {
  EXPECT_TRUE(Check(leaf_.Der()));
}

TEST_F(CheckedLinksTest, RsaIssuersToo) {
  const tests::Key key = tests::MakeRsaKey();
  const Identity ca = Make({.name = "CA", .extensions = CaExtensions(), .key = key.get()});
  const CheckedLinks links(Trusting(ca));
  EXPECT_TRUE(CheckLink(links, Candidate(ca, Make({.name = "s", .issuer = &ca}).Der())));
}

TEST_F(CheckedLinksTest, EveryTurnedBitIsNoLink) {
  const base::Bytes der = leaf_.Der();
  // A length in a longer form, or an unused part of the encoding, would be another certificate.
  for (std::size_t i = 0; i < der.size(); ++i) {
    base::Bytes forged = der;
    forged[i] ^= 1U;
    EXPECT_FALSE(Check(forged)) << i;
  }
}

TEST_F(CheckedLinksTest, BytesBehindTheCertificateAreNoLink) {
  base::Bytes der = leaf_.Der();
  der.push_back(0);
  EXPECT_FALSE(Check(der));
}

TEST_F(CheckedLinksTest, TornCandidatesAreNoLink) {
  const base::Bytes whole = Candidate(ca_, leaf_.Der());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(CheckLink(links_, base::ByteSpan(whole).first(size))) << size;
}

TEST_F(CheckedLinksTest, AnotherKeyOfTheSameNameIsNoLink) {
  const Identity other = Make({.name = "CA", .extensions = CaExtensions()});
  EXPECT_FALSE(Check(Make({.name = "signer", .issuer = &other}).Der()));
}

TEST_F(CheckedLinksTest, AnIssuerThatNobodyTrustsMakesNoLink) {
  const Identity other = Make({.name = "CA", .extensions = CaExtensions()});
  const Identity leaf = Make({.name = "signer", .issuer = &other});
  EXPECT_FALSE(CheckLink(links_, Candidate(other, leaf.Der())));
  EXPECT_FALSE(links_.Add(LinkOfCandidate(Candidate(other, leaf.Der()))));
}

TEST_F(CheckedLinksTest, APathReportsWhatItCheckedAndRestsOnWhatIsKnown) {
  const Certificate leaf = Public(leaf_);
  LinkMemory memory{.known = &links_};
  EXPECT_TRUE(Build(memory, leaf).HasAnchor());
  ASSERT_EQ(memory.found, std::vector<base::Bytes>{Candidate(ca_, leaf.der())});
  ASSERT_TRUE(links_.Add(LinkOfCandidate(memory.found[0])));
  LinkMemory later{.known = &links_};
  EXPECT_TRUE(Build(later, leaf).HasAnchor());
  EXPECT_TRUE(later.found.empty());
}

TEST_F(CheckedLinksTest, AKnownLinkSaysNothingOfOtherCertificates) {
  ASSERT_TRUE(links_.Add(LinkOfCandidate(Candidate(ca_, leaf_.Der()))));
  base::Bytes der = leaf_.Der();
  der.back() ^= 1U;
  const auto forged = Certificate::Parse(der);
  ASSERT_TRUE(forged);
  LinkMemory memory{.known = &links_};
  EXPECT_FALSE(Build(memory, *forged).HasAnchor());
  EXPECT_TRUE(memory.found.empty());
}

TEST_F(CheckedLinksTest, AKnownLinkDoesNotMakeAnIssuerACa) {
  const Identity person = Make({.name = "Persona"});
  const Identity leaf = Make({.name = "signer", .issuer = &person});
  const TrustSnapshot trust = Trusting(person);
  CheckedLinks links(trust);
  ASSERT_TRUE(links.Add(LinkOfCandidate(Candidate(person, leaf.Der()))));
  LinkMemory memory{.known = &links};
  const Certificate certificate = Public(leaf);
  EXPECT_FALSE(
      PathBuilder(trust, {.links = &memory})
          .Build(
              {.leaf = certificate, .purpose = PathPurpose::kSigner, .time = kThen, .others = {}})
          .HasAnchor());
}

TEST_F(CheckedLinksTest, TheOldestLinkGoesFirst) {
  const base::Sha256Digest issuer = Public(ca_).Sha256();
  Link first{issuer, {}};
  ASSERT_TRUE(links_.Add(first));
  for (std::size_t i = 0; i < CheckedLinks::kMaxLinks; ++i) {
    base::Bytes number;
    base::AppendUint64(i, number);
    ASSERT_TRUE(links_.Add({issuer, base::Sha256(number)}));
  }
  EXPECT_FALSE(links_.Contains(first));
}

}  // namespace
}  // namespace signing
