#include "signing/revocation.h"

#include <gtest/gtest.h>

#include "signing/path_builder.h"
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

class RevocationTest : public testing::Test {
 protected:
  RevocationAuthority Authority(const Identity& responder, const TrustSnapshot& trust = {},
                                const TrustService* service = nullptr) const {
    PathBuilder paths(trust);
    return AuthorityOf(Public(responder), Public(ca_), service, kThen, paths);
  }

  const Identity ca_ = Make({.name = "CA", .extensions = CaExtensions()});
  const Identity leaf_ = Make({.name = "signer", .issuer = &ca_});
  const Identity responder_ =
      Make({.name = "OCSP",
            .issuer = &ca_,
            .extensions = {{"extendedKeyUsage", "OCSPSigning"}, {"noCheck", "ignored"}}});
  const Identity stranger_ =
      Make({.name = "OCSP", .extensions = {{"extendedKeyUsage", "OCSPSigning"}}});
};

using OcspTest = RevocationTest;
using CrlTest = RevocationTest;

TEST_F(OcspTest, ASpentBudgetFindsNoSigner) {
  const auto ocsp = OcspResponse::Parse(
      MakeOcsp({.responder = &responder_, .certificate = &leaf_, .issuer = &ca_}));
  ASSERT_TRUE(ocsp.ok());
  WorkBudget budget(0);
  EXPECT_TRUE(ocsp.value().Signer({}, &budget));
  while (budget.Spend(1'000).ok()) continue;
  EXPECT_FALSE(ocsp.value().Signer({}, &budget));
  EXPECT_FALSE(budget.Check().ok());
}

TEST_F(OcspTest, AGoodAnswerSaysGoodAndWhen) {
  const auto ocsp = OcspResponse::Parse(
      MakeOcsp({.responder = &responder_, .certificate = &leaf_, .issuer = &ca_}));
  ASSERT_TRUE(ocsp.ok());
  const auto entry = ocsp.value().About(Public(leaf_), Public(ca_));
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->state, RevocationState::kGood);
  EXPECT_EQ(entry->this_update, kThen);
  EXPECT_EQ(entry->next_update, Day(2023, 3, 2));
  EXPECT_EQ(ocsp.value().SignatureDigest(), "SHA256");
}

TEST_F(OcspTest, ARevokedAnswerSaysSinceWhenAndWhy) {
  const auto ocsp = OcspResponse::Parse(MakeOcsp({.responder = &responder_,
                                                  .certificate = &leaf_,
                                                  .issuer = &ca_,
                                                  .status = V_OCSP_CERTSTATUS_REVOKED}));
  const auto entry = ocsp.value().About(Public(leaf_), Public(ca_));
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->state, RevocationState::kRevoked);
  EXPECT_EQ(entry->revoked_at, Day(2023, 2, 1));
  EXPECT_EQ(entry->reason, RevocationReason::kKeyCompromise);
}

TEST_F(OcspTest, ACertIdWithAnotherHashFits) {
  const auto ocsp = OcspResponse::Parse(MakeOcsp({.responder = &responder_,
                                                  .certificate = &leaf_,
                                                  .issuer = &ca_,
                                                  .id_digest = EVP_sha256()}));
  EXPECT_TRUE(ocsp.value().About(Public(leaf_), Public(ca_)).has_value());
}

TEST_F(OcspTest, AnAnswerAboutAnotherCertificateSaysNothing) {
  const Identity other = Make({.name = "signer", .issuer = &ca_});
  const auto ocsp = OcspResponse::Parse(
      MakeOcsp({.responder = &responder_, .certificate = &other, .issuer = &ca_}));
  EXPECT_FALSE(ocsp.value().About(Public(leaf_), Public(ca_)).has_value());
}

TEST_F(OcspTest, AnAnswerForAnIssuerOfTheSameNameSaysNothing) {
  const Identity fake = Make({.name = "CA", .extensions = CaExtensions()});
  const auto ocsp = OcspResponse::Parse(
      MakeOcsp({.responder = &responder_, .certificate = &leaf_, .issuer = &fake}));
  EXPECT_FALSE(ocsp.value().About(Public(leaf_), Public(ca_)).has_value());
}

TEST_F(OcspTest, TheResponderIsFoundByNameAndByKey) {
  for (const bool by_key : {false, true}) {
    const auto ocsp = OcspResponse::Parse(MakeOcsp(
        {.responder = &responder_, .certificate = &leaf_, .issuer = &ca_, .by_key = by_key}));
    const auto signer = ocsp.value().Signer({});
    ASSERT_TRUE(signer.has_value()) << by_key;
    EXPECT_EQ(signer->der(), responder_.Der());
  }
}

TEST_F(OcspTest, AResponderThatIsNotInsideIsFoundAmongOthers) {
  const auto ocsp = OcspResponse::Parse(MakeOcsp({.responder = &responder_,
                                                  .certificate = &leaf_,
                                                  .issuer = &ca_,
                                                  .with_certificate = false}));
  EXPECT_FALSE(ocsp.value().Signer({}).has_value());
  EXPECT_TRUE(ocsp.value().Signer({Public(leaf_), Public(responder_)}).has_value());
}

TEST_F(OcspTest, AResponderThatOnlyTheSnapshotHasIsFoundThere) {
  const auto ocsp = OcspResponse::Parse(MakeOcsp({.responder = &responder_,
                                                  .certificate = &leaf_,
                                                  .issuer = &ca_,
                                                  .with_certificate = false}));
  const base::Bytes der = responder_.Der();
  const auto trust = TrustSnapshot::Read({{"anchor", der}}, kThen, nullptr);
  EXPECT_TRUE(ocsp.value().Signer({}, trust).has_value());
  const base::Bytes other = stranger_.Der();
  const auto wrong = TrustSnapshot::Read({{"anchor", other}}, kThen, nullptr);
  EXPECT_FALSE(ocsp.value().Signer({}, wrong).has_value());
}

TEST_F(OcspTest, AnotherCertificateOfTheResponderNameDidNotSign) {
  const auto ocsp = OcspResponse::Parse(MakeOcsp(
      {.responder = &stranger_, .certificate = &leaf_, .issuer = &ca_, .with_certificate = false}));
  EXPECT_FALSE(ocsp.value().Signer({Public(responder_)}).has_value());
}

TEST_F(OcspTest, AFlippedBitLeavesNoSigner) {
  base::Bytes der = MakeOcsp(
      {.responder = &responder_, .certificate = &leaf_, .issuer = &ca_, .with_certificate = false});
  der.back() ^= 1U;
  const auto ocsp = OcspResponse::Parse(der);
  ASSERT_TRUE(ocsp.ok());
  EXPECT_FALSE(ocsp.value().Signer({Public(responder_)}).has_value());
}

TEST_F(OcspTest, BytesBehindTheResponseAreRefused) {
  base::Bytes der = MakeOcsp({.responder = &responder_, .certificate = &leaf_, .issuer = &ca_});
  der.push_back(0);
  ASSERT_FALSE(OcspResponse::Parse(der).ok());
  EXPECT_EQ(OcspResponse::Parse(der).error().reason, "ocsp.malformed");
}

TEST_F(OcspTest, TheIssuerAndItsDelegateMayAnswer) {
  EXPECT_EQ(Authority(ca_), RevocationAuthority::kIssuer);
  EXPECT_EQ(Authority(responder_), RevocationAuthority::kDelegated);
  EXPECT_TRUE(HasOcspNoCheck(Public(responder_)));
  EXPECT_FALSE(HasOcspNoCheck(Public(stranger_)));
}

TEST_F(OcspTest, ACertificateOfTheIssuerWithoutTheKeyPurposeMayNotAnswer) {
  EXPECT_EQ(Authority(leaf_), RevocationAuthority::kNone);
}

TEST_F(OcspTest, AStrangerMayNotAnswer) {
  EXPECT_EQ(Authority(stranger_), RevocationAuthority::kNone);
}

TEST_F(OcspTest, ADelegateOfAnotherCaMayNotAnswer) {
  const Identity other = Make({.name = "CA", .extensions = CaExtensions()});
  const Identity delegate =
      Make({.name = "OCSP", .issuer = &other, .extensions = {{"extendedKeyUsage", "OCSPSigning"}}});
  EXPECT_EQ(Authority(delegate), RevocationAuthority::kNone);
}

TEST_F(OcspTest, AResponderHandedInMayAnswer) {
  const base::Bytes der = stranger_.Der();
  const auto trust = TrustSnapshot::Read({{"anchor", der}}, kThen, nullptr);
  EXPECT_EQ(Authority(stranger_, trust), RevocationAuthority::kConfigured);
}

class ListedResponderTest : public RevocationTest {
 protected:
  RevocationAuthority Listed(const std::string& provider, const std::string& type,
                             const std::string& status) {
    const Identity signer = Make({.name = "Saraksts"});
    tests::TrustListMaker list;
    list.services = {{.identity = &ca_, .history = {{.from = "2016-07-01T00:00:00Z"}}},
                     {.identity = &stranger_,
                      .type = type,
                      .history = {{.from = "2016-07-01T00:00:00Z", .status = status}},
                      .provider = provider}};
    const std::string xml = list.SignedBy(signer);
    const base::Bytes der = signer.Der();
    const auto trust =
        TrustSnapshot::Read({{"list", base::AsBytes(xml)}, {"signer", der}}, kThen, nullptr);
    return Authority(stranger_, trust, &trust.services().at(0));
  }
};

TEST_F(ListedResponderTest, AServiceOfTheSameProviderMayAnswer) {
  EXPECT_EQ(Listed("Parbaudes sniedzejs", "Certstatus/OCSP/QC", "granted"),
            RevocationAuthority::kTrustService);
}

TEST_F(ListedResponderTest, AServiceOfAnotherProviderMayNot) {
  EXPECT_EQ(Listed("Cits", "Certstatus/OCSP/QC", "granted"), RevocationAuthority::kNone);
}

TEST_F(ListedResponderTest, AWithdrawnServiceMayNot) {
  EXPECT_EQ(Listed("Parbaudes sniedzejs", "Certstatus/OCSP/QC", "withdrawn"),
            RevocationAuthority::kNone);
}

TEST_F(ListedResponderTest, ATimeStampingServiceMayNot) {
  EXPECT_EQ(Listed("Parbaudes sniedzejs", "TSA/QTST", "granted"), RevocationAuthority::kNone);
}

TEST_F(CrlTest, ARevokedCertificateIsFoundAmongThousands) {
  const auto crl =
      RevocationList::Parse(MakeCrl({.issuer = &ca_, .revoked = {&leaf_}, .others = 13'000}));
  ASSERT_TRUE(crl.ok());
  EXPECT_TRUE(crl.value().IsSignedBy(Public(ca_)));
  const auto entry = crl.value().About(Public(leaf_));
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->state, RevocationState::kRevoked);
  EXPECT_EQ(entry->revoked_at, kThen);
}

TEST_F(CrlTest, ACertificateThatIsNotListedIsGood) {
  const auto crl = RevocationList::Parse(MakeCrl({.issuer = &ca_, .others = 3}));
  EXPECT_EQ(crl.value().About(Public(leaf_))->state, RevocationState::kGood);
  EXPECT_EQ(crl.value().next_update(), Day(2023, 3, 2));
}

TEST_F(CrlTest, TheListOfAnotherIssuerSaysNothing) {
  const Identity other = Make({.name = "Other", .extensions = CaExtensions()});
  const auto crl = RevocationList::Parse(MakeCrl({.issuer = &other, .revoked = {&leaf_}}));
  EXPECT_FALSE(crl.value().About(Public(leaf_)).has_value());
}

TEST_F(CrlTest, AListByAnotherKeyOfTheSameNameIsNotSigned) {
  const Identity fake = Make({.name = "CA", .extensions = CaExtensions()});
  const auto crl = RevocationList::Parse(MakeCrl({.issuer = &fake}));
  EXPECT_FALSE(crl.value().IsSignedBy(Public(ca_)));
}

TEST_F(CrlTest, AnIssuerWithoutCrlSignMayNotSignLists) {
  const Identity silent = Make({.name = "CA",
                                .extensions = {{"basicConstraints", "critical,CA:TRUE"},
                                               {"keyUsage", "critical,keyCertSign"}}});
  const auto crl = RevocationList::Parse(MakeCrl({.issuer = &silent}));
  EXPECT_FALSE(crl.value().IsSignedBy(Public(silent)));
}

TEST_F(CrlTest, ADeltaListIsRefusedByName) {
  const auto crl = RevocationList::Parse(
      MakeCrl({.issuer = &ca_, .extensions = {{"2.5.29.27", "critical,DER:020101"}}}));
  ASSERT_FALSE(crl.ok());
  EXPECT_EQ(crl.error().reason, "crl.delta");
}

TEST_F(CrlTest, AnUnknownCriticalExtensionIsRefused) {
  const auto crl = RevocationList::Parse(
      MakeCrl({.issuer = &ca_, .extensions = {{"1.2.3.4", "critical,DER:0500"}}}));
  ASSERT_FALSE(crl.ok());
  EXPECT_EQ(crl.error().reason, "crl.unsupported");
}

TEST_F(CrlTest, AListOfCasAloneSaysNothingOfUsers) {
  // IssuingDistributionPoint with onlyContainsCACerts [2] TRUE.
  const auto crl = RevocationList::Parse(
      MakeCrl({.issuer = &ca_, .extensions = {{"2.5.29.28", "critical,DER:30038201FF"}}}));
  ASSERT_TRUE(crl.ok());
  EXPECT_FALSE(crl.value().About(Public(leaf_)).has_value());
}

TEST_F(CrlTest, AnIndirectListIsRefused) {
  const auto crl = RevocationList::Parse(
      MakeCrl({.issuer = &ca_, .extensions = {{"2.5.29.28", "critical,DER:30038401FF"}}}));
  ASSERT_FALSE(crl.ok());
  EXPECT_EQ(crl.error().reason, "crl.unsupported");
}

}  // namespace
}  // namespace signing
