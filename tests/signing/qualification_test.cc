#include "signing/qualification.h"

#include <gtest/gtest.h>

#include "signing/qc_statements.h"
#include "tests/fakes/certificate_maker.h"
#include "tests/fakes/trust_list_maker.h"

namespace signing {
namespace {

using tests::AdditionalExtension;
using tests::Day;
using tests::Identity;
using tests::ListedStatus;
using tests::Make;
using tests::Public;
using tests::QualificationExtension;

const base::Time kNow = Day(2023, 3, 1);

// QcStatements of EN 319 412-5, in hexadecimal.
const std::string kCompliance = "3008060604008E460101";
const std::string kQscd = "3008060604008E460104";
const std::string kEsigType = "3013060604008E4601063009060704008E46010601";
const std::string kEsealType = "3013060604008E4601063009060704008E46010602";
const std::string kOtherType = "3013060604008E4601063009060704008E46010609";
const std::string kForeignLaw =
    "300E060604008E46010730041302"
    "5553";

// CertificatePolicies with 1.3.6.1.4.1.32061.2.1.
const std::string kPolicies = "DER:300E300C060A2B0601040181FA3D0201";

// KeyUsage nonRepudiation, as Latvian lists write it.
const std::string kNonRepudiation =
    "<q:CriteriaList assert=\"atLeastOne\"><q:KeyUsage><q:KeyUsageBit name=\"nonRepudiation\">true"
    "</q:KeyUsageBit></q:KeyUsage></q:CriteriaList>";

std::string Policy(const std::string& oid) {
  return "<q:CriteriaList assert=\"all\"><q:PolicySet><q:PolicyIdentifier><x:Identifier>" + oid +
         "</x:Identifier></q:PolicyIdentifier></q:PolicySet></q:CriteriaList>";
}

std::string Other(const std::string& inside) {
  return "<q:CriteriaList assert=\"all\"><q:otherCriteriaList>" + inside +
         "</q:otherCriteriaList></q:CriteriaList>";
}

class QualificationTest : public testing::Test {
 protected:
  // The leaf's statements, and what the list says of its CA since 2016-07-01.
  std::string Qualify(const std::string& statements, const std::string& list_extensions = "",
                      Indication ades = Indication::kPassed) {
    history_ = {{.from = "2016-07-01T00:00:00Z", .extensions = list_extensions}};
    return QualifyAt(statements, Day(2020, 1, 1), kNow, ades);
  }

  std::string QualifyAt(const std::string& statements, base::Time issued, base::Time signed_at,
                        Indication ades = Indication::kPassed) {
    tests::Extensions extensions = {{"keyUsage", "critical,nonRepudiation"},
                                    {"2.5.29.32", kPolicies},
                                    {"extendedKeyUsage", "emailProtection"}};
    if (!statements.empty()) extensions.emplace_back("1.3.6.1.5.5.7.1.3", Statements(statements));
    const Identity leaf =
        Make({.name = "signer", .issuer = &ca_, .extensions = extensions, .from = issued});
    Read("CA/QC", ca_);
    const Certificate certificate = Public(leaf);
    const auto path = PathBuilder(trust_).Build(
        {.leaf = certificate, .purpose = PathPurpose::kSigner, .time = signed_at, .others = {}});
    const auto result =
        QualifySignature({.ades = ades, .path = path, .best_signature_time = signed_at});
    return std::string(QualificationName(result.qualification));
  }

  std::string QualifyStamp(const std::string& type, base::Time at,
                           std::optional<base::Time> proven_by = std::nullopt) {
    const Identity tsa = Make({.name = "TSA"});
    Read(type, tsa);
    const Certificate certificate = Public(tsa);
    const auto path = PathBuilder(trust_).Build(
        {.leaf = certificate, .purpose = PathPurpose::kTimestamp, .time = at, .others = {}});
    return std::string(QualificationName(QualifyTimestamp(path, {at, proven_by.value_or(at)})));
  }

  std::vector<ListedStatus> history_;

 private:
  static std::string Statements(const std::string& hex) {
    const auto size = static_cast<std::uint8_t>(hex.size() / 2);
    return "DER:30" + base::HexEncode(base::ByteSpan(&size, 1)) + hex;
  }

  void Read(const std::string& type, const Identity& identity) {
    const Identity signer = Make({.name = "Saraksts"});
    tests::TrustListMaker list;
    list.services = {{.identity = &identity, .type = type, .history = history_}};
    const std::string xml = list.SignedBy(signer);
    const base::Bytes der = signer.Der();
    trust_ = TrustSnapshot::Read({{"list", base::AsBytes(xml)}, {"signer", der}}, kNow, nullptr);
    ASSERT_EQ(trust_.services().size(), 1U);
  }

  const Identity ca_ = Make({.name = "CA", .extensions = tests::CaExtensions()});
  TrustSnapshot trust_;
};

TEST_F(QualificationTest, ComplianceDeviceAndTypeInTheCertificateMakeAQESig) {
  EXPECT_EQ(Qualify(kCompliance + kQscd + kEsigType), "QESig");
}

TEST_F(QualificationTest, WithoutATypeItIsForSignatures) {
  EXPECT_EQ(Qualify(kCompliance + kQscd), "QESig");
}

TEST_F(QualificationTest, TheSealTypeMakesAQESeal) {
  EXPECT_EQ(Qualify(kCompliance + kQscd + kEsealType), "QESeal");
}

TEST_F(QualificationTest, WithoutADeviceItIsAdvanced) {
  EXPECT_EQ(Qualify(kCompliance + kEsigType), "AdESig-QC");
}

TEST_F(QualificationTest, WithoutComplianceItIsNotQualified) {
  EXPECT_EQ(Qualify(kEsigType + kQscd), "AdESig");
  EXPECT_EQ(Qualify(""), "Unknown");
}

TEST_F(QualificationTest, ComplianceWithAForeignLawIsNotQualified) {
  EXPECT_EQ(Qualify(kCompliance + kQscd + kEsigType + kForeignLaw), "AdESig");
}

TEST_F(QualificationTest, StatementsThatDoNotDecodeSayNothing) {
  EXPECT_EQ(Qualify(kCompliance + kQscd + "0500"), "Unknown");
}

TEST_F(QualificationTest, TheListMayVouchForTheDevice) {
  EXPECT_EQ(Qualify(kCompliance, QualificationExtension("QCWithQSCD", kNonRepudiation)), "QESig");
}

TEST_F(QualificationTest, TheListMayDenyTheDevice) {
  EXPECT_EQ(Qualify(kCompliance + kQscd, QualificationExtension("QCNoQSCD", kNonRepudiation)),
            "AdESig-QC");
}

TEST_F(QualificationTest, TheListMayDenyTheQualification) {
  EXPECT_EQ(Qualify(kCompliance + kQscd + kEsigType,
                    QualificationExtension("NotQualified", kNonRepudiation)),
            "AdESig");
}

TEST_F(QualificationTest, TheListMayMakeItQualified) {
  const std::string qualified = QualificationExtension("QCStatement", kNonRepudiation);
  EXPECT_EQ(Qualify("", qualified), "Unknown-QC");  // For what, nobody says.
  EXPECT_EQ(Qualify("", qualified + QualificationExtension("QCForESig", kNonRepudiation)),
            "AdESig-QC");
}

TEST_F(QualificationTest, TheListMaySayThatItIsForSeals) {
  EXPECT_EQ(Qualify(kCompliance + kQscd + kEsigType,
                    QualificationExtension("QCForESeal", kNonRepudiation)),
            "QESeal");
}

TEST_F(QualificationTest, AListThatSaysBothLeavesTheDeviceOpen) {
  EXPECT_EQ(Qualify(kCompliance + kQscd, QualificationExtension("QCNoQSCD", kNonRepudiation) +
                                             QualificationExtension("QCWithQSCD", kNonRepudiation)),
            "AdESig-QC");
}

TEST_F(QualificationTest, AQualifierForOtherPoliciesDoesNotApply) {
  EXPECT_EQ(Qualify(kCompliance, QualificationExtension("QCWithQSCD", Policy("1.2.3"))),
            "AdESig-QC");
  EXPECT_EQ(Qualify(kCompliance,
                    QualificationExtension("QCWithQSCD", Policy("urn:oid:1.3.6.1.4.1.32061.2.1"))),
            "QESig");
}

TEST_F(QualificationTest, AnExtendedKeyUsageIsACriterion) {
  const auto purpose = [](const std::string& oid) {
    return Other("<a:ExtendedKeyUsage><a:KeyPurposeId><x:Identifier>" + oid +
                 "</x:Identifier></a:KeyPurposeId></a:ExtendedKeyUsage>");
  };
  EXPECT_EQ(
      Qualify(kCompliance, QualificationExtension("QCWithQSCD", purpose("1.3.6.1.5.5.7.3.4"))),
      "QESig");
  EXPECT_EQ(
      Qualify(kCompliance, QualificationExtension("QCWithQSCD", purpose("1.3.6.1.5.5.7.3.9"))),
      "AdESig-QC");
}

TEST_F(QualificationTest, ACriterionThatIsNotUnderstoodQualifiesNothing) {
  EXPECT_EQ(Qualify(kCompliance + kQscd, QualificationExtension("QCWithQSCD", Other("<a:Moon/>"))),
            "AdESig");
}

TEST_F(QualificationTest, AnUnknownQualifierCountsWhereItsExtensionIsCritical) {
  std::string unknown = QualificationExtension("QCOnTheMoon", kNonRepudiation);
  EXPECT_EQ(Qualify(kCompliance + kQscd, unknown), "AdESig");
  unknown.replace(unknown.find("Critical=\"true\""), 15, "Critical=\"false\"");
  EXPECT_EQ(Qualify(kCompliance + kQscd, unknown), "QESig");
}

TEST_F(QualificationTest, AListThatPointsAtTheCertificateAndAlsoDecidesLeavesTheDeviceOpen) {
  EXPECT_EQ(
      Qualify(kCompliance + kQscd, QualificationExtension("QCQSCDStatusAsInCert", kNonRepudiation) +
                                       QualificationExtension("QCWithQSCD", kNonRepudiation)),
      "AdESig-QC");
}

TEST_F(QualificationTest, AWebSiteSignsNothing) {
  const std::string web = "3013060604008E4601063009060704008E46010603";
  EXPECT_EQ(Qualify(kCompliance + kQscd + web), "Not-AdES");
}

TEST_F(QualificationTest, AnEmptyCriteriaListFitsNothing) {
  EXPECT_EQ(Qualify(kCompliance,
                    QualificationExtension("QCWithQSCD", "<q:CriteriaList assert=\"all\"/>")),
            "AdESig-QC");
}

TEST_F(QualificationTest, AServiceForSealsDoesNotVouchForSignatures) {
  const std::string certificate = kCompliance + kQscd + kEsigType;
  EXPECT_EQ(Qualify(certificate, AdditionalExtension("ForeSeals")), "AdESig");
  EXPECT_EQ(Qualify(certificate, AdditionalExtension("ForeSignatures")), "QESig");
}

TEST_F(QualificationTest, TheIndicationOfTheSignatureDecidesTheName) {
  EXPECT_EQ(Qualify(kCompliance + kQscd, "", Indication::kIndeterminate), "Indeterminate-QESig");
  EXPECT_EQ(Qualify(kCompliance + kQscd, "", Indication::kFailed), "Not-AdES-QC-QSCD");
}

TEST_F(QualificationTest, AServiceWithdrawnAtIssuanceLeavesItUnqualified) {
  history_ = {{.from = "2021-01-01T00:00:00Z"},
              {.from = "2019-01-01T00:00:00Z", .status = "withdrawn"},
              {.from = "2016-07-01T00:00:00Z"}};
  EXPECT_EQ(QualifyAt(kCompliance + kQscd + kEsigType, Day(2020, 1, 1), kNow), "AdESig");
  EXPECT_EQ(QualifyAt(kCompliance + kQscd + kEsigType, Day(2018, 1, 1), kNow), "QESig");
}

TEST_F(QualificationTest, AServiceWithdrawnAtSigningLeavesItUnqualified) {
  history_ = {{.from = "2022-01-01T00:00:00Z", .status = "withdrawn"},
              {.from = "2016-07-01T00:00:00Z"}};
  EXPECT_EQ(QualifyAt(kCompliance + kQscd + kEsigType, Day(2018, 1, 1), kNow), "AdESig");
  EXPECT_EQ(QualifyAt(kCompliance + kQscd + kEsigType, Day(2018, 1, 1), Day(2021, 1, 1)), "QESig");
}

TEST_F(QualificationTest, AccreditedCountsBeforeEidasAndNotSince) {
  history_ = {{.from = "2014-01-01T00:00:00Z", .status = "accredited"}};
  EXPECT_EQ(QualifyAt(kCompliance + kQscd, Day(2015, 1, 1), Day(2016, 1, 1)), "QESig");
  EXPECT_EQ(QualifyAt(kCompliance + kQscd, Day(2015, 1, 1), Day(2017, 1, 1)), "AdESig");
}

TEST_F(QualificationTest, WithoutAListNothingApplies) {
  const Identity leaf = Make({.name = "signer"});
  const Certificate certificate = Public(leaf);
  const TrustSnapshot nothing;
  const auto path = PathBuilder(nothing).Build(
      {.leaf = certificate, .purpose = PathPurpose::kSigner, .time = kNow, .others = {}});
  const auto result =
      QualifySignature({.ades = Indication::kPassed, .path = path, .best_signature_time = kNow});
  EXPECT_EQ(QualificationName(result.qualification), "N/A");
  EXPECT_EQ(QualificationName(QualifyTimestamp(path, {kNow, kNow})), "N/A");
}

TEST_F(QualificationTest, AGrantedQtstIsAQTSA) {
  history_ = {{.from = "2016-07-01T00:00:00Z"}};
  EXPECT_EQ(QualifyStamp("TSA/QTST", kNow), "QTSA");
}

TEST_F(QualificationTest, AWithdrawnQtstIsNone) {
  history_ = {{.from = "2022-01-01T00:00:00Z", .status = "withdrawn"},
              {.from = "2016-07-01T00:00:00Z"}};
  EXPECT_EQ(QualifyStamp("TSA/QTST", kNow), "TSA");
  EXPECT_EQ(QualifyStamp("TSA/QTST", Day(2021, 1, 1)), "QTSA");
}

// Whoever lost the status may still set back a clock: only what somebody else saw in time counts.
TEST_F(QualificationTest, AQtstWithdrawnBeforeTheTokenIsNextSeenIsNone) {
  history_ = {{.from = "2022-01-01T00:00:00Z", .status = "withdrawn"},
              {.from = "2016-07-01T00:00:00Z"}};
  EXPECT_EQ(QualifyStamp("TSA/QTST", Day(2021, 1, 1), Day(2021, 12, 31)), "QTSA");
  EXPECT_EQ(QualifyStamp("TSA/QTST", Day(2021, 1, 1), Day(2022, 1, 2)), "TSA");
}

// L24: what every Latvian file of 2017 has.
TEST_F(QualificationTest, L24_ATssQcOfNationalStatusIsNationalAndNeverQTSA) {
  history_ = {{.from = "2016-06-30T00:00:00Z", .status = "recognisedatnationallevel"},
              {.from = "2015-07-10T00:00:00Z", .status = "accredited"}};
  EXPECT_EQ(QualifyStamp("TSA/TSS-QC", Day(2017, 2, 1)), "TSA-national");
  EXPECT_EQ(QualifyStamp("TSA/TSS-QC", Day(2016, 1, 1)), "TSA-national");
  EXPECT_EQ(QualifyStamp("TSA/TSS-QC", Day(2015, 2, 1)), "TSA");
}

TEST_F(QualificationTest, ACertificateOfATypeNobodyKnowsIsNotForSignatures) {
  EXPECT_EQ(Qualify(kCompliance + kQscd + kOtherType), "Unknown-QC-QSCD");
}

TEST_F(QualificationTest, AQualifierNobodyKnowsLeavesTheCertificateUnsure) {
  EXPECT_EQ(Qualify(kCompliance + kQscd + kEsigType,
                    QualificationExtension("QCSomethingNew", kNonRepudiation)),
            "AdESig");
}

}  // namespace
}  // namespace signing
