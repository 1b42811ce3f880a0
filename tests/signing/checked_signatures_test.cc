#include "signing/checked_signatures.h"

#include <gtest/gtest.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include <random>

#include "signing/path_builder.h"
#include "signing/revocation.h"
#include "signing/timestamp_token.h"
#include "tests/fakes/certificate_maker.h"
#include "tests/fakes/ocsp_maker.h"
#include "tests/fakes/rule_case.h"
#include "tests/fakes/token_maker.h"

namespace signing {
namespace {

using tests::CaExtensions;
using tests::Day;
using tests::Identity;
using tests::Make;
using tests::Public;
using tests::SignatureMaker;

const base::Time kThen = Day(2023, 3, 1);

class CheckedSignaturesTest : public testing::Test {
 protected:
  static TrustSnapshot Trusting(const Identity& anchor) {
    const base::Bytes der = anchor.Der();
    return TrustSnapshot::Read({{"anchor", der}}, kThen, nullptr);
  }
  // What a verification reports of the certificate's signature.
  static SignatureClaim ClaimOfCertificate(const Identity& issuer, const Identity& leaf) {
    const CheckedSignatures nothing;
    SignatureMemory memory{.known = &nothing};
    EXPECT_TRUE(IsIssuedBy(Public(leaf), Public(issuer), &memory));
    return memory.found.size() == 1 ? memory.found[0] : SignatureClaim{};
  }
  CertificatePath Build(SignatureMemory& memory, const Certificate& leaf) const {
    return PathBuilder(trust_, {.memory = &memory})
        .Build({.leaf = leaf, .purpose = PathPurpose::kSigner, .time = kThen, .others = {}});
  }

  const Identity ca_ = Make({.name = "CA", .extensions = CaExtensions()});
  const Identity leaf_ = Make({.name = "signer", .issuer = &ca_});
  const TrustSnapshot trust_ = Trusting(ca_);
  CheckedSignatures known_;
};

TEST_F(CheckedSignaturesTest, ASignatureOverACertificateIsAClaimThatHolds) {
  EXPECT_TRUE(ClaimHolds(ClaimOfCertificate(ca_, leaf_)));
}

TEST_F(CheckedSignaturesTest, RsaIssuersToo) {
  const tests::Key key = tests::MakeRsaKey();
  const Identity ca = Make({.name = "CA", .extensions = CaExtensions(), .key = key.get()});
  EXPECT_TRUE(ClaimHolds(ClaimOfCertificate(ca, Make({.name = "s", .issuer = &ca}))));
}

TEST_F(CheckedSignaturesTest, EveryTurnedBitBreaksTheClaim) {
  const SignatureClaim claim = ClaimOfCertificate(ca_, leaf_);
  ASSERT_TRUE(ClaimHolds(claim));
  // How many bits of the key's last octet are unused: it stays the same key.
  constexpr std::size_t kUnusedBits = 34;
  for (std::size_t i = 0; i < claim.size(); ++i) {
    if (i == kUnusedBits) continue;
    for (const unsigned bit : {0U, 7U}) {
      SignatureClaim forged = claim;
      forged[i] ^= static_cast<std::uint8_t>(1U << bit);
      EXPECT_FALSE(ClaimHolds(forged)) << i;
    }
  }
}

TEST_F(CheckedSignaturesTest, TornAndLengthenedClaimsDoNotHold) {
  SignatureClaim claim = ClaimOfCertificate(ca_, leaf_);
  for (std::size_t size = 0; size < claim.size(); ++size)
    EXPECT_FALSE(ClaimHolds(base::ByteSpan(claim).first(size))) << size;
  claim.push_back(0);
  EXPECT_FALSE(ClaimHolds(claim));
}

TEST_F(CheckedSignaturesTest, AClaimOfOneShapeIsNoneOfAnother) {
  const SignatureClaim claim = ClaimOfCertificate(ca_, leaf_);
  for (int shape = 0; shape < 256; ++shape) {
    if (shape == claim[0]) continue;
    SignatureClaim other = claim;
    other[0] = static_cast<std::uint8_t>(shape);
    EXPECT_FALSE(ClaimHolds(other)) << shape;
  }
}

TEST_F(CheckedSignaturesTest, APathReportsWhatItCheckedAndRestsOnWhatIsKnown) {
  const Certificate leaf = Public(leaf_);
  SignatureMemory memory{.known = &known_};
  EXPECT_TRUE(Build(memory, leaf).HasAnchor());
  ASSERT_EQ(memory.found, std::vector<base::Bytes>{ClaimOfCertificate(ca_, leaf_)});
  ASSERT_TRUE(known_.Add(memory.found[0]));
  SignatureMemory later{.known = &known_};
  EXPECT_TRUE(Build(later, leaf).HasAnchor());
  EXPECT_TRUE(later.found.empty());
}

TEST_F(CheckedSignaturesTest, WhatIsKnownIsPaidForAllTheSame) {
  const Certificate leaf = Public(leaf_);
  known_.Add(ClaimOfCertificate(ca_, leaf_));
  WorkBudget spent(0);
  while (spent.SpendOnKeys(1000).ok()) {
  }
  SignatureMemory memory{.known = &known_};
  EXPECT_FALSE(
      PathBuilder(trust_, {.memory = &memory, .budget = &spent})
          .Build({.leaf = leaf, .purpose = PathPurpose::kSigner, .time = kThen, .others = {}})
          .HasAnchor());
}

TEST_F(CheckedSignaturesTest, AKnownClaimSaysNothingOfOtherCertificates) {
  ASSERT_TRUE(known_.Add(ClaimOfCertificate(ca_, leaf_)));
  base::Bytes der = leaf_.Der();
  der.back() ^= 1U;
  const auto forged = Certificate::Parse(der);
  ASSERT_TRUE(forged);
  SignatureMemory memory{.known = &known_};
  EXPECT_FALSE(Build(memory, *forged).HasAnchor());
  EXPECT_TRUE(memory.found.empty());
}

TEST_F(CheckedSignaturesTest, AnotherKeyOfTheSameNameIsAnotherClaim) {
  ASSERT_TRUE(known_.Add(ClaimOfCertificate(ca_, leaf_)));
  const Identity other = Make({.name = "CA", .extensions = CaExtensions()});
  SignatureMemory memory{.known = &known_};
  EXPECT_FALSE(IsIssuedBy(Public(leaf_), Public(other), &memory));
  EXPECT_TRUE(memory.found.empty());
}

TEST_F(CheckedSignaturesTest, AKnownClaimDoesNotMakeAnIssuerACa) {
  const Identity person = Make({.name = "Persona"});
  const Identity leaf = Make({.name = "signer", .issuer = &person});
  const TrustSnapshot trust = Trusting(person);
  ASSERT_TRUE(known_.Add(ClaimOfCertificate(person, leaf)));
  SignatureMemory memory{.known = &known_};
  const Certificate certificate = Public(leaf);
  EXPECT_FALSE(
      PathBuilder(trust, {.memory = &memory})
          .Build(
              {.leaf = certificate, .purpose = PathPurpose::kSigner, .time = kThen, .others = {}})
          .HasAnchor());
}

// RFC 5280, 4.1.1.2: the algorithm stands in the certificate twice, once unsigned.
TEST_F(CheckedSignaturesTest, TwoAlgorithmsThatDifferAreNoSignatureKnownOrNot) {
  ASSERT_TRUE(known_.Add(ClaimOfCertificate(ca_, leaf_)));
  base::Bytes der = leaf_.Der();
  const base::Bytes name{0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};  // ecdsa-with-SHA256
  const auto outer = std::find_end(der.begin(), der.end(), name.begin(), name.end());
  ASSERT_NE(outer, der.end());
  outer[7] = 0x03;
  const auto forged = Certificate::Parse(der);
  ASSERT_TRUE(forged);
  SignatureMemory memory{.known = &known_};
  EXPECT_FALSE(IsIssuedBy(*forged, Public(ca_), &memory));
}

TEST_F(CheckedSignaturesTest, AnOcspResponseIsRememberedForItsSignerAlone) {
  const base::Bytes der =
      tests::MakeOcsp({.responder = &ca_, .certificate = &leaf_, .issuer = &ca_});
  const auto response = OcspResponse::Parse(der);
  ASSERT_TRUE(response.ok());
  SignatureMemory memory{.known = &known_};
  ASSERT_TRUE(response.value().Signer({Public(ca_)}, nullptr, &memory));
  ASSERT_EQ(memory.found.size(), 1U);
  EXPECT_TRUE(ClaimHolds(memory.found[0]));
  known_.Add(memory.found[0]);
  SignatureMemory later{.known = &known_};
  EXPECT_TRUE(response.value().Signer({Public(ca_)}, nullptr, &later));
  EXPECT_TRUE(later.found.empty());
  const Identity other = Make({.name = "CA", .extensions = CaExtensions()});
  const auto of_other = OcspResponse::Parse(tests::MakeOcsp(
      {.responder = &other, .certificate = &leaf_, .issuer = &ca_, .with_certificate = false}));
  ASSERT_TRUE(of_other.ok());
  EXPECT_FALSE(of_other.value().Signer({Public(ca_)}, nullptr, &later));
}

// Known or not: every turned bit of a response gives what it gives without memory.
TEST_F(CheckedSignaturesTest, AForgedResponseIsNotTheOneThatIsKnown) {
  const base::Bytes der =
      tests::MakeOcsp({.responder = &ca_, .certificate = &leaf_, .issuer = &ca_});
  SignatureMemory first{.known = &known_};
  ASSERT_TRUE(OcspResponse::Parse(der).value().Signer({Public(ca_)}, nullptr, &first));
  known_.Add(first.found.at(0));
  for (std::size_t i = 0; i < der.size(); ++i) {
    base::Bytes forged = der;
    forged[i] ^= 1U;
    const auto response = OcspResponse::Parse(forged);
    if (!response.ok()) continue;
    SignatureMemory memory{.known = &known_};
    EXPECT_EQ(response.value().Signer({Public(ca_)}).has_value(),
              response.value().Signer({Public(ca_)}, nullptr, &memory).has_value())
        << i;
  }
}

TEST_F(CheckedSignaturesTest, AForgedTokenIsNotTheOneThatIsKnown) {
  const Identity tsa =
      Make({.name = "TSA", .extensions = {{"extendedKeyUsage", "critical,timeStamping"}}});
  const base::Bytes der = tests::MakeToken(tsa, base::ToBytes("data"));
  SignatureMemory first{.known = &known_};
  ASSERT_TRUE(ParseTimestampToken(der, {}, &first).value().signature_ok);
  ASSERT_EQ(first.found.size(), 1U);
  ASSERT_TRUE(ClaimHolds(first.found[0]));
  known_.Add(first.found[0]);
  SignatureMemory later{.known = &known_};
  EXPECT_TRUE(ParseTimestampToken(der, {}, &later).value().signature_ok);
  EXPECT_TRUE(later.found.empty());
  for (std::size_t i = 0; i < der.size(); ++i) {
    base::Bytes forged = der;
    forged[i] ^= 1U;
    const auto alone = ParseTimestampToken(forged, {});
    const auto beside = ParseTimestampToken(forged, {}, &later);
    ASSERT_EQ(alone.ok(), beside.ok()) << i;
    if (!alone.ok()) continue;
    EXPECT_EQ(alone.value().signature_ok, beside.value().signature_ok) << i;
  }
}

// What was verified before must not be seen in any verdict.
TEST_F(CheckedSignaturesTest, AReportIsTheSameWhateverIsKnown) {
  const tests::RuleCase twin;
  SignatureMaker maker = twin.MakerFor(twin.user);
  maker.long_term = twin.CertificateValues({&twin.ca}) +
                    tests::RuleCase::RevocationValues({tests::MakeCrl(twin.List())},
                                                      {tests::MakeOcsp(twin.Answer(twin.user))});
  const base::Bytes document = maker.Container().Make();
  const base::Bytes root = twin.root.Der();
  const base::Bytes tsa = twin.tsa.Der();
  const auto verify = [&](const base::Bytes& bytes, SignatureMemory* memory) {
    VerifyRequest request;
    request.name = "lemums.edoc";
    request.document = bytes;
    request.trust = {{"root.der", root}, {"tsa.der", tsa}};
    request.at = twin.now + std::chrono::days(1);
    request.memory = memory;
    return Verify(request);
  };
  SignatureMemory first{.known = &known_};
  EXPECT_EQ(verify(document, &first).Text("verdict"), "valid");
  EXPECT_GE(first.found.size(), 3U);  // The certificate, the answer, the time-stamp.
  for (const SignatureClaim& claim : first.found) known_.Add(claim);
  SignatureMemory later{.known = &known_};
  EXPECT_EQ(verify(document, &later).Dump(), verify(document, nullptr).Dump());
  EXPECT_TRUE(later.found.empty());
  std::mt19937 random(7);
  for (int i = 0; i < 300; ++i) {
    base::Bytes forged = document;
    const std::size_t bit = random() % (forged.size() * 8);
    forged[bit / 8] = static_cast<std::uint8_t>(forged[bit / 8] ^ (1U << (bit % 8)));
    ASSERT_EQ(verify(forged, &later).Dump(), verify(forged, nullptr).Dump()) << bit;
  }
}

TEST_F(CheckedSignaturesTest, TheOldestClaimGoesFirst) {
  const base::Bytes first{1};
  ASSERT_TRUE(known_.Add(first));
  for (std::size_t i = 0; i < CheckedSignatures::kMaxClaims; ++i) {
    base::Bytes number;
    base::AppendUint64(i, number);
    ASSERT_TRUE(known_.Add(number));
  }
  EXPECT_FALSE(known_.Contains(first));
}

}  // namespace
}  // namespace signing
