// Revocation data that an attacker would show instead of the right one.
#include <gtest/gtest.h>

#include "signing/path_builder.h"
#include "signing/revocation.h"
#include "tests/fakes/ocsp_maker.h"
#include "tests/fakes/trust_list_maker.h"

namespace signing {
namespace {

using tests::CaExtensions;
using tests::Day;
using tests::Identity;
using tests::Make;
using tests::MakeCrl;
using tests::MakeOcsp;
using tests::Public;

const base::Time kThen = Day(2023, 3, 1);

// IssuingDistributionPoint with distributionPoint [0] fullName [0] URI "http://a" or "http://b".
constexpr const char* kPointA = "critical,DER:300EA00CA00A8608687474703A2F2F61";
constexpr const char* kPointB = "critical,DER:300EA00CA00A8608687474703A2F2F62";

class RevocationAttackTest : public testing::Test {
 protected:
  RevocationAuthority Authority(const Identity& responder, const TrustSnapshot& trust = {},
                                const TrustService* service = nullptr) const {
    PathBuilder paths(trust);
    return AuthorityOf(Public(responder), Public(ca_), service, kThen, paths);
  }
  Identity Responder(const std::string& usage) const {
    return Make({.name = "OCSP",
                 .issuer = &ca_,
                 .extensions = {{"extendedKeyUsage", "OCSPSigning"}, {"keyUsage", usage}}});
  }

  const Identity ca_ = Make({.name = "CA", .extensions = CaExtensions()});
  const Identity leaf_ = Make({.name = "signer", .issuer = &ca_});
  const Identity at_a_ = Make({.name = "signer",
                               .issuer = &ca_,
                               .extensions = {{"crlDistributionPoints", "URI:http://a"}}});
};

TEST_F(RevocationAttackTest, TheListOfAnotherDistributionPointSaysNothing) {
  // The CA splits its list; who is revoked in part A shows part B, where he is not.
  const auto other =
      RevocationList::Parse(MakeCrl({.issuer = &ca_, .extensions = {{"2.5.29.28", kPointB}}}));
  ASSERT_TRUE(other.ok());
  EXPECT_FALSE(other.value().About(Public(at_a_)).has_value());
  EXPECT_FALSE(other.value().About(Public(leaf_)).has_value());
}

// Each is compared with each: of so many none is looked at, though the last ones are the same.
TEST_F(RevocationAttackTest, HeapsOfDistributionPointsAreNotCompared) {
  std::string points;
  for (int i = 0; i < 40; ++i) points += "URI:http://" + std::to_string(i) + ",";
  const Identity at_many =
      Make({.name = "signer",
            .issuer = &ca_,
            .extensions = {{"crlDistributionPoints", points + "URI:http://a"}}});
  const auto own =
      RevocationList::Parse(MakeCrl({.issuer = &ca_, .extensions = {{"2.5.29.28", kPointA}}}));
  EXPECT_FALSE(own.value().About(Public(at_many)).has_value());
}

TEST_F(RevocationAttackTest, TheListOfTheCertificatesDistributionPointSpeaks) {
  const auto own = RevocationList::Parse(
      MakeCrl({.issuer = &ca_, .revoked = {&at_a_}, .extensions = {{"2.5.29.28", kPointA}}}));
  ASSERT_TRUE(own.ok());
  ASSERT_TRUE(own.value().About(Public(at_a_)).has_value());
  EXPECT_EQ(own.value().About(Public(at_a_))->state, RevocationState::kRevoked);
}

TEST_F(RevocationAttackTest, APointNamedRelativeToTheIssuerIsRefused) {
  // distributionPoint [0] nameRelativeToCRLIssuer [1] { CN = a }.
  const auto crl = RevocationList::Parse(
      MakeCrl({.issuer = &ca_,
               .extensions = {{"2.5.29.28", "critical,DER:300EA00CA10A300806035504030C0161"}}}));
  ASSERT_FALSE(crl.ok());
  EXPECT_EQ(crl.error().reason, "crl.unsupported");
}

TEST_F(RevocationAttackTest, AnEntryThatMustBeUnderstoodAndIsNotRefusesTheList) {
  // RFC 5280, 5.3.3: 2.5.29.29, certificateIssuer, gives the entry to another issuer.
  for (const char* oid : {"1.2.3.4", "2.5.29.29"}) {
    const auto crl = RevocationList::Parse(
        MakeCrl({.issuer = &ca_, .revoked = {&leaf_}, .entry_extension = oid}));
    ASSERT_FALSE(crl.ok()) << oid;
    EXPECT_EQ(crl.error().reason, "crl.unsupported");
  }
}

TEST_F(RevocationAttackTest, AnEntryThatIsRemovedFromAFullListIsNotGood) {
  const auto crl =
      RevocationList::Parse(MakeCrl({.issuer = &ca_, .revoked = {&leaf_}, .reason = 8}));
  ASSERT_TRUE(crl.ok());
  EXPECT_EQ(crl.value().About(Public(leaf_))->state, RevocationState::kUnknown);
}

TEST_F(RevocationAttackTest, AHoldIsARevocationWithItsReason) {
  const auto crl =
      RevocationList::Parse(MakeCrl({.issuer = &ca_, .revoked = {&leaf_}, .reason = 6}));
  EXPECT_EQ(crl.value().About(Public(leaf_))->state, RevocationState::kRevoked);
  EXPECT_EQ(crl.value().About(Public(leaf_))->reason, RevocationReason::kCertificateHold);
}

TEST_F(RevocationAttackTest, AResponseThatMustBeUnderstoodAndIsNotIsRefused) {
  const auto ocsp = OcspResponse::Parse(
      MakeOcsp({.responder = &ca_, .certificate = &leaf_, .issuer = &ca_, .extension = "1.2.3.4"}));
  ASSERT_FALSE(ocsp.ok());
  EXPECT_EQ(ocsp.error().reason, "ocsp.malformed");
}

TEST_F(RevocationAttackTest, AnAnswerThatMustBeUnderstoodAndIsNotIsUnknown) {
  const auto ocsp = OcspResponse::Parse(MakeOcsp(
      {.responder = &ca_, .certificate = &leaf_, .issuer = &ca_, .answer_extension = "1.2.3.4"}));
  ASSERT_TRUE(ocsp.ok());
  EXPECT_EQ(ocsp.value().About(Public(leaf_), Public(ca_))->state, RevocationState::kUnknown);
}

TEST_F(RevocationAttackTest, ADelegateWhoseKeyIsNotForSignaturesMayNotAnswer) {
  EXPECT_EQ(Authority(Responder("keyEncipherment")), RevocationAuthority::kNone);
  EXPECT_EQ(Authority(Responder("digitalSignature")), RevocationAuthority::kDelegated);
}

TEST_F(RevocationAttackTest, AHeapOfCertificatesOfTheResponderNameEndsTheSearch) {
  const Identity responder =
      Make({.name = "OCSP", .issuer = &ca_, .extensions = {{"extendedKeyUsage", "OCSPSigning"}}});
  const auto ocsp = OcspResponse::Parse(MakeOcsp(
      {.responder = &responder, .certificate = &leaf_, .issuer = &ca_, .with_certificate = false}));
  std::vector<Certificate> others;
  for (int i = 0; i < 100; ++i) others.push_back(Public(Make({.name = "OCSP", .issuer = &ca_})));
  others.push_back(Public(responder));
  EXPECT_FALSE(ocsp.value().Signer(others).has_value());
  const std::vector<Certificate> again(100, others.front());
  others.assign(again.begin(), again.end());
  others.push_back(Public(responder));
  EXPECT_TRUE(ocsp.value().Signer(others).has_value());
}

TEST_F(RevocationAttackTest, AListedResponderDoesNotAnswerForACaThatNoListHas) {
  const Identity stranger =
      Make({.name = "OCSP", .extensions = {{"extendedKeyUsage", "OCSPSigning"}}});
  const Identity signer = Make({.name = "Saraksts"});
  tests::TrustListMaker list;
  list.services = {{.identity = &stranger,
                    .type = "Certstatus/OCSP/QC",
                    .history = {{.from = "2016-07-01T00:00:00Z"}}}};
  const std::string xml = list.SignedBy(signer);
  const base::Bytes der = signer.Der();
  const auto trust =
      TrustSnapshot::Read({{"list", base::AsBytes(xml)}, {"signer", der}}, kThen, nullptr);
  EXPECT_EQ(Authority(stranger, trust), RevocationAuthority::kNone);
}

}  // namespace
}  // namespace signing
