// Evidence records in and beside a document: what the verifier makes of them.
#include <gtest/gtest.h>

#include "signing/verifier.h"
#include "tests/fakes/evidence_record_maker.h"
#include "tests/fakes/signature_maker.h"

namespace signing {
namespace {

using base::Json;
using tests::Day;
using tests::EvidenceRecordMaker;
using tests::HashBy;
using tests::SignatureMaker;
using tests::ZipMaker;

constexpr const char* kSignatureFile = "META-INF/signatures0.xml";
constexpr const char* kRecordFile = "META-INF/evidencerecord.ers";

const tests::Identity& Tsa() {
  static const tests::Identity tsa = tests::MakeTsa();
  return tsa;
}

const tests::Identity& Authority() {
  static const tests::Identity authority = [] {
    tests::CertificateSpec spec;
    spec.name = "Test CA";
    spec.extensions = tests::CaExtensions();
    return tests::Make(spec);
  }();
  return authority;
}

// Issued without revocation (RFC 9608), so that its end is all that matters.
tests::Identity Issued(const std::string& name, base::Time to,
                       const std::pair<std::string, std::string>& usage) {
  tests::CertificateSpec spec;
  spec.name = name;
  spec.issuer = &Authority();
  spec.extensions = {usage, {"2.5.29.56", "DER:0500"}};
  spec.to = to;
  return tests::Make(spec);
}

// Whose certificate ended in 2021.
const tests::Identity& Signer() {
  static const tests::Identity signer =
      Issued("Anna Paraugs", Day(2021, 1, 1), {"keyUsage", "critical,nonRepudiation"});
  return signer;
}

struct Trusted {
  bool authority = true;
  bool tsa = true;
};

Json VerifyBytes(base::ByteSpan document, Trusted trusted = {},
                 const std::vector<base::Bytes>& beside = {}) {
  const base::Bytes authority = Authority().Der();
  const base::Bytes tsa = Tsa().Der();
  VerifyRequest request;
  request.name = "lemums.edoc";
  request.document = document;
  request.at = Day(2026, 12, 1);
  if (trusted.authority) request.trust.push_back({"ca.der", authority});
  if (trusted.tsa) request.trust.push_back({"tsa.der", tsa});
  for (const base::Bytes& record : beside)
    request.evidence_records.push_back({"ieraksts.ers", record});
  return Verify(request);
}

Json VerifyZip(const ZipMaker& zip, Trusted trusted = {}) {
  return VerifyBytes(zip.Make(), trusted);
}

const Json& FirstOf(const Json& report, std::string_view list) {
  static const Json kNone;
  const Json* found = report.Find(list);
  return found == nullptr || found->AsArray()->empty() ? kNone : found->AsArray()->front();
}
const Json& Record(const Json& report) {
  return FirstOf(report, "evidenceRecords");
}
const Json& Signature(const Json& report) {
  return FirstOf(report, "signatures");
}

std::string Coverage(const Json& record) {
  std::string text;
  for (const Json& object : *record.Find("objects")->AsArray())
    text += object.Text("name").value_or("?") + "=" + object.Text("coverage").value_or("?") + " ";
  return text;
}

std::string OutcomeOf(const Json& record) {
  return record.Text("outcome").value_or("none") + " " +
         record.Text("indication").value_or("none") + " " +
         record.Text("subIndication").value_or("");
}

std::string ManifestOver(const std::map<std::string, std::string>& files,
                         const std::string& record = kRecordFile) {
  std::string xml =
      "<asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" "
      "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><asic:SigReference URI=\"" +
      record + "\"/>";
  for (const auto& [name, content] : files)
    xml += "<asic:DataObjectReference URI=\"" + name +
           "\"><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>"
           "<ds:DigestValue>" +
           base::Base64Encode(HashBy("SHA256", content)) +
           "</ds:DigestValue></asic:DataObjectReference>";
  return xml + "</asic:ASiCManifest>";
}

class EvidenceRecordVerifyTest : public testing::Test {
 protected:
  // The signature file of `zip`, which every making would make anew.
  std::string SignatureXml() { return zip.last().content; }

  ZipMaker& AddRecord(const base::Bytes& record) {
    return zip.Add(kRecordFile, base::ToString(record));
  }

  // Over signature and data file, as of a day on which the signer's certificate was valid.
  base::Bytes RecordOverAll(base::Time at = Day(2020, 6, 1)) {
    EvidenceRecordMaker maker(Tsa());
    maker.AddChain(
        "SHA256",
        {{HashBy("SHA256", SignatureXml()), HashBy("SHA256", maker_.files["lemums.txt"])}}, at);
    return maker.Make();
  }

  SignatureMaker maker_{Signer()};
  ZipMaker zip = maker_.Container();
};

TEST_F(EvidenceRecordVerifyTest, WithoutARecordNothingProvesThatTheSignatureIsOldEnough) {
  const Json report = VerifyZip(zip);
  EXPECT_EQ(report.Text("verdict"), "indeterminate");
  EXPECT_EQ(Signature(report).Text("subIndication"), "OUT_OF_BOUNDS_NO_POE");
  EXPECT_EQ(report.Find("evidenceRecords"), nullptr);
}

TEST_F(EvidenceRecordVerifyTest, ARecordInTheContainerProvesTheTimeOfItsSignature) {
  AddRecord(RecordOverAll());
  const Json report = VerifyZip(zip);
  EXPECT_EQ(OutcomeOf(Record(report)), "intact PASSED ");
  EXPECT_EQ(Record(report).Text("provenTime"), "2020-06-01T00:00:00Z");
  EXPECT_EQ(Coverage(Record(report)), "lemums.txt=covered META-INF/signatures0.xml=covered ");
  EXPECT_EQ(Signature(report).Text("bestSignatureTime"), "2020-06-01T00:00:00Z");
  EXPECT_EQ(report.Text("verdict"), "valid");
}

TEST_F(EvidenceRecordVerifyTest, ARecordOfAnAuthorityThatNobodyTrustsProvesNothing) {
  AddRecord(RecordOverAll());
  const Json report = VerifyZip(zip, {.tsa = false});
  EXPECT_EQ(OutcomeOf(Record(report)), "intact INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND");
  EXPECT_TRUE(Record(report).Find("provenTime")->is_null());
  EXPECT_TRUE(Signature(report).Find("bestSignatureTime")->is_null());
  EXPECT_EQ(report.Text("verdict"), "indeterminate");
}

TEST_F(EvidenceRecordVerifyTest, ARecordThatCameTooLateProvesItsTimeAndNoMore) {
  AddRecord(RecordOverAll(Day(2022, 1, 1)));
  const Json report = VerifyZip(zip);
  EXPECT_EQ(OutcomeOf(Record(report)), "intact PASSED ");
  EXPECT_EQ(report.Text("verdict"), "indeterminate");
}

TEST_F(EvidenceRecordVerifyTest, ARecordOverTheDataAloneSaysNothingOfTheSignature) {
  EvidenceRecordMaker maker(Tsa());
  AddRecord(maker.Start(maker_.files["lemums.txt"], Day(2020, 6, 1)).Make());
  const Json report = VerifyZip(zip);
  EXPECT_EQ(Coverage(Record(report)), "lemums.txt=covered META-INF/signatures0.xml=absent ");
  EXPECT_EQ(OutcomeOf(Record(report)), "intact PASSED ");
  EXPECT_TRUE(Signature(report).Find("bestSignatureTime")->is_null());
}

TEST_F(EvidenceRecordVerifyTest, ARecordOfAnotherContainerProvesNothing) {
  SignatureMaker other(Signer());
  EvidenceRecordMaker maker(Tsa());
  AddRecord(maker.Start(other.Xml(), Day(2020, 6, 1)).Make());
  const Json report = VerifyZip(zip);
  EXPECT_EQ(OutcomeOf(Record(report)), "not-covered INDETERMINATE SIGNED_DATA_NOT_FOUND");
  EXPECT_EQ(report.Text("verdict"), "indeterminate");
}

TEST_F(EvidenceRecordVerifyTest, ABrokenRecordIsNoticedAndProvesNothing) {
  base::Bytes record = RecordOverAll();
  record.back() ^= 1U;
  AddRecord(record);
  const Json report = VerifyZip(zip);
  EXPECT_EQ(OutcomeOf(Record(report)).substr(0, 13), "broken FAILED");
  EXPECT_EQ(FirstOf(report, "containerFindings").Text("code"), "evidence-record.broken");
  EXPECT_TRUE(Signature(report).Find("bestSignatureTime")->is_null());
  EXPECT_EQ(report.Text("verdict"), "indeterminate");
}

TEST_F(EvidenceRecordVerifyTest, BytesThatAreNoRecordAreRefusedAndTheSignatureIsStillJudged) {
  AddRecord(base::ToBytes("x"));
  const Json report = VerifyZip(zip);
  EXPECT_EQ(Record(report).Text("outcome"), "refused");
  EXPECT_EQ(Record(report).Find("error")->Text("code"), "evidence-record.malformed");
  EXPECT_EQ(report.Text("verdict"), "indeterminate");
}

TEST_F(EvidenceRecordVerifyTest, ARenewalProvesThatTheFirstAuthorityWasStillValid) {
  const tests::Identity brief =
      Issued("Brief TSA", Day(2022, 1, 1), {"extendedKeyUsage", "critical,timeStamping"});
  EvidenceRecordMaker timely(brief);
  timely.Start(SignatureXml(), Day(2020, 6, 1));
  timely.Use(Tsa());
  EvidenceRecordMaker late = timely;
  timely.RenewTimestamp(Day(2021, 6, 1));
  late.RenewTimestamp(Day(2023, 6, 1));
  ZipMaker other = zip;
  AddRecord(timely.Make());
  other.Add(kRecordFile, base::ToString(late.Make()));
  const Json in_time = VerifyZip(zip);
  EXPECT_EQ(OutcomeOf(Record(in_time)), "intact PASSED ");
  EXPECT_EQ(in_time.Text("verdict"), "valid");
  const Json too_late = VerifyZip(other);
  EXPECT_EQ(OutcomeOf(Record(too_late)), "intact INDETERMINATE OUT_OF_BOUNDS_NO_POE");
  EXPECT_EQ(too_late.Text("verdict"), "indeterminate");
}

// --- The manifest.

TEST_F(EvidenceRecordVerifyTest, AManifestSaysWhatTheRecordIsAbout) {
  const std::string signature = SignatureXml();
  zip.Add("META-INF/ASiCEvidenceRecordManifest1.xml", ManifestOver({{kSignatureFile, signature}}));
  EvidenceRecordMaker maker(Tsa());
  AddRecord(maker.Start(signature, Day(2020, 6, 1)).Make());
  const Json report = VerifyZip(zip);
  EXPECT_EQ(Coverage(Record(report)), "META-INF/signatures0.xml=covered ");
  EXPECT_EQ(report.Text("verdict"), "valid");
}

TEST_F(EvidenceRecordVerifyTest, AManifestWithAnotherDigestBreaksTheRecord) {
  const base::Bytes record = RecordOverAll();
  zip.Add("META-INF/ASiCEvidenceRecordManifest1.xml", ManifestOver({{kSignatureFile, "cits"}}));
  AddRecord(record);
  const Json report = VerifyZip(zip);
  EXPECT_EQ(Coverage(Record(report)), "META-INF/signatures0.xml=differs-from-manifest ");
  EXPECT_EQ(OutcomeOf(Record(report)), "broken FAILED HASH_FAILURE");
  EXPECT_EQ(report.Text("verdict"), "indeterminate");
}

TEST_F(EvidenceRecordVerifyTest, AManifestThatListsWhatTheRecordDoesNotCoverBreaksIt) {
  const std::string xml = SignatureXml();
  EvidenceRecordMaker maker(Tsa());
  maker.Start(xml, Day(2020, 6, 1));
  zip.Add("META-INF/ASiCEvidenceRecordManifest1.xml",
          ManifestOver({{kSignatureFile, xml}, {"lemums.txt", maker_.files["lemums.txt"]}}));
  AddRecord(maker.Make());
  EXPECT_EQ(OutcomeOf(Record(VerifyZip(zip))), "broken FAILED HASH_FAILURE");
}

TEST_F(EvidenceRecordVerifyTest, AManifestThatListsWhatIsNotThereLeavesTheRecordOpen) {
  const std::string xml = SignatureXml();
  EvidenceRecordMaker maker(Tsa());
  maker.Start(xml, Day(2020, 6, 1));
  zip.Add("META-INF/ASiCEvidenceRecordManifest1.xml",
          ManifestOver({{kSignatureFile, xml}, {"nav.txt", "nav"}}));
  AddRecord(maker.Make());
  EXPECT_EQ(OutcomeOf(Record(VerifyZip(zip))), "indeterminate INDETERMINATE SIGNED_DATA_NOT_FOUND");
}

TEST_F(EvidenceRecordVerifyTest, ASecondManifestAboutOneRecordIsRefused) {
  const base::Bytes record = RecordOverAll();
  const std::string manifest = ManifestOver({{kSignatureFile, SignatureXml()}});
  zip.Add("META-INF/ASiCEvidenceRecordManifest1.xml", manifest);
  zip.Add("META-INF/ASiCEvidenceRecordManifest2.xml", manifest);
  AddRecord(record);
  const Json report = VerifyZip(zip);
  EXPECT_EQ(Record(report).Find("error")->Text("code"), "evidence-record.manifest-malformed");
}

// --- Beside, alone, and of other kinds.

TEST_F(EvidenceRecordVerifyTest, ARecordBesideTheContainerCoversAllInIt) {
  const base::Bytes document = zip.Make();
  EvidenceRecordMaker maker(Tsa());
  maker.Start(base::ToString(document), Day(2020, 6, 1));
  const Json report = VerifyBytes(document, {}, {maker.Make()});
  EXPECT_EQ(Record(report).Text("file"), "ieraksts.ers");
  EXPECT_EQ(Record(report).Text("source"), "beside");
  EXPECT_EQ(Coverage(Record(report)), "/=covered ");
  EXPECT_EQ(report.Text("verdict"), "valid");
}

TEST_F(EvidenceRecordVerifyTest, ARecordBesideAChangedContainerProvesNothing) {
  EvidenceRecordMaker maker(Tsa());
  maker.Start(base::ToString(zip.Make()), Day(2020, 6, 1));
  zip.Add("cits.txt", "x");
  const Json report = VerifyBytes(zip.Make(), {}, {maker.Make()});
  EXPECT_EQ(Record(report).Text("outcome"), "not-covered");
  EXPECT_EQ(report.Text("verdict"), "indeterminate");
}

TEST_F(EvidenceRecordVerifyTest, ARecordOverDataProvesNothingOfAFileOfThatNameInside) {
  const base::Bytes data = base::ToBytes("cits");
  const base::Bytes document = zip.Make();
  EvidenceRecordMaker maker(Tsa());
  const base::Bytes record = maker.Start("cits", Day(2020, 6, 1)).Make();
  const base::Bytes authority = Authority().Der();
  const base::Bytes tsa = Tsa().Der();
  VerifyRequest request;
  request.name = "lemums.edoc";
  request.document = document;
  request.at = Day(2026, 12, 1);
  request.trust = {{"ca.der", authority}, {"tsa.der", tsa}};
  request.data = {{kSignatureFile, data}, {"/", data}};
  request.digests = {{"/", base::Sha256(data)}};
  request.evidence_records = {{"ieraksts.ers", record}};
  const Json report = Verify(request);
  EXPECT_EQ(OutcomeOf(Record(report)), "intact PASSED ");
  EXPECT_TRUE(Signature(report).Find("bestSignatureTime")->is_null());
  EXPECT_EQ(report.Text("verdict"), "indeterminate");
}

TEST_F(EvidenceRecordVerifyTest, AContainerWithARecordAndNoSignatureIsRefusedWithTheRecordChecked) {
  ZipMaker bare;
  bare.Add("mimetype", "application/vnd.etsi.asic-e+zip").Add("a.txt", "x");
  EvidenceRecordMaker maker(Tsa());
  bare.Add(kRecordFile, base::ToString(maker.Start("x", Day(2020, 6, 1)).Make()));
  const Json report = VerifyZip(bare);
  EXPECT_EQ(report.Find("refusal")->Text("code"), "container.evidence-record-only");
  EXPECT_EQ(OutcomeOf(Record(report)), "intact PASSED ");
  EXPECT_EQ(ExitCodeOf(report), 3);
}

TEST_F(EvidenceRecordVerifyTest, ARecordInXmlIsReportedAsNotEvaluated) {
  zip.Add("META-INF/evidencerecord.xml", "<EvidenceRecord/>");
  const Json report = VerifyZip(zip);
  EXPECT_EQ(Record(report).Text("format"), "RFC 6283");
  EXPECT_EQ(OutcomeOf(Record(report)), "not-evaluated none ");
  EXPECT_EQ(FirstOf(report, "containerFindings").Text("code"),
            "container.evidence-record-not-checked");
}

TEST_F(EvidenceRecordVerifyTest, TooManyRecordsAreRefusedByName) {
  const base::Bytes record = RecordOverAll();
  const Json report = VerifyBytes(zip.Make(), {}, std::vector<base::Bytes>(65, record));
  EXPECT_EQ(report.Find("refusal")->Text("code"), "evidence-record.too-many");
}

}  // namespace
}  // namespace signing
