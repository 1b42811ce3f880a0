#include "signing/report_pages.h"

#include <gtest/gtest.h>

#include <tuple>

#include "signing/verifier.h"
#include "signing/xml_document.h"
#include "tests/fakes/certificate_maker.h"
#include "tests/fakes/evidence_record_maker.h"
#include "tests/fakes/schema_check.h"
#include "tests/fakes/signature_maker.h"

namespace signing {
namespace {

using base::Json;
using base::Language;
using tests::Day;
using tests::SignatureMaker;

const tests::Identity& Authority() {
  static const tests::Identity authority = [] {
    tests::CertificateSpec spec;
    spec.name = "Test CA";
    spec.extensions = tests::CaExtensions();
    return tests::Make(spec);
  }();
  return authority;
}

const tests::Identity& Tsa() {
  static const tests::Identity tsa = tests::MakeTsa();
  return tsa;
}

// Issued without revocation (RFC 9608).
tests::Identity Signer(const std::string& name, const std::string& organization = "") {
  tests::CertificateSpec spec;
  spec.name = name;
  spec.organization = organization;
  spec.issuer = &Authority();
  spec.extensions = {{"keyUsage", "critical,nonRepudiation"}, {"2.5.29.56", "DER:0500"}};
  return tests::Make(spec);
}

struct Twin {
  Language language = Language::kEnglish;
  bool trusted = true;
  bool altered = false;
  bool stamped = false;
  std::string name = "Anna Paraugs";
  std::string organization{};
};

Json ReportOn(base::ByteSpan document, const Twin& twin) {
  const base::Bytes authority = Authority().Der();
  const base::Bytes tsa = Tsa().Der();
  VerifyRequest request;
  request.name = "lemums.edoc";
  request.document = document;
  request.language = twin.language;
  request.at = Day(2026, 12, 1);
  if (twin.trusted) request.trust = {{"ca.der", authority}, {"tsa.der", tsa}};
  return Verify(request);
}

Json ReportOf(const Twin& twin = {}) {
  const tests::Identity signer = Signer(twin.name, twin.organization);
  SignatureMaker maker(signer);
  if (twin.stamped) maker.tsa = &Tsa();
  if (!twin.altered) return ReportOn(maker.Container().Make(), twin);
  tests::ZipMaker zip = maker.Container();
  for (auto& member : zip.members())
    if (member.name == "lemums.txt") member.content = "Lemums par aizliegumu";
  return ReportOn(zip.Make(), twin);
}

Json RefusedTwin() {
  return ReportOn(base::AsBytes("no container"), {});
}

// The page without its first line, as XML.
base::Result<XmlDocument> ParsePage(const std::string& html) {
  return XmlDocument::Parse(base::AsBytes(html.substr(html.find('\n') + 1)));
}

// The names of all elements and of their attributes, in order.
std::string Outline(const std::string& html) {
  const auto page = ParsePage(html);
  if (!page.ok()) return "malformed";
  std::string outline;
  for (const xmlNode* node = page.value().root(); node != nullptr;
       node = NextInOrder(const_cast<xmlNode*>(node), page.value().root())) {
    if (node->type != XML_ELEMENT_NODE) continue;
    outline += std::string(NameOf(node)) + "(";
    for (const xmlAttr* attribute = node->properties; attribute != nullptr;
         attribute = attribute->next)
      outline += std::string(ToView(attribute->name)) + " ";
    outline += ")";
  }
  return outline;
}

std::string WrongIn(const std::string& etsi) {
  const std::string folder = EDOCVAULT_SCHEMAS;
  tests::SchemaCheck check(
      {{"http://www.w3.org/2000/09/xmldsig#", folder + "/xmldsig.xsd"},
       {"http://uri.etsi.org/01903/v1.3.2#", folder + "/xades.xsd"},
       {"http://uri.etsi.org/19102/v1.4.1#", folder + "/validation_report.xsd"}});
  return check.Check(etsi);
}

bool Has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::size_t CountOf(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

// --- For people.

TEST(ReportHtmlTest, TheVerdictIsTheFirstSentence) {
  const std::string html = ReportHtml(ReportOf(), Language::kEnglish);
  EXPECT_TRUE(Has(html, "<p>The signature of this document is valid.</p>")) << html;
  EXPECT_LT(html.find("is valid."), html.find("Anna Paraugs"));
}

TEST(ReportHtmlTest, TheSameInLatvian) {
  const std::string html =
      ReportHtml(ReportOf({.language = Language::kLatvian}), Language::kLatvian);
  EXPECT_TRUE(Has(html, "<html lang=\"lv\">"));
  EXPECT_TRUE(Has(html, "<p>Dokumenta paraksts ir derīgs.</p>"));
  EXPECT_TRUE(Has(html, "Sertifikāts nav atsaukts.") || Has(html, "Sertifikāti"));
}

TEST(ReportHtmlTest, AnAlteredFileIsNamedAsWhatItIs) {
  const std::string html = ReportHtml(ReportOf({.altered = true}), Language::kEnglish);
  EXPECT_TRUE(Has(html, "The signature of this document is not valid."));
  EXPECT_TRUE(Has(html, "TOTAL-FAILED / HASH_FAILURE"));
  EXPECT_TRUE(Has(html, "Do not rely on the content."));
}

TEST(ReportHtmlTest, AnUntrustedSignatureSaysWhatWouldChangeIt) {
  const std::string html = ReportHtml(ReportOf({.trusted = false}), Language::kEnglish);
  EXPECT_TRUE(Has(html, "It cannot be said whether"));
  EXPECT_TRUE(Has(html, "What would change the verdict"));
  EXPECT_TRUE(Has(html, "hand it in with --trust."));
}

TEST(ReportHtmlTest, ARefusalSaysWhy) {
  const std::string html = ReportHtml(RefusedTwin(), Language::kEnglish);
  EXPECT_TRUE(Has(html, "The document was not accepted for verification"));
  EXPECT_TRUE(Has(html, RefusedTwin().Find("refusal")->Text("code").value()));
}

TEST(ReportHtmlTest, AClaimedTimeIsMarkedAsAClaimAndAProvenOneWithItsProof) {
  const std::string html = ReportHtml(ReportOf({.stamped = true}), Language::kEnglish);
  EXPECT_TRUE(Has(html, "(what the signer claims, not a proof)"));
  EXPECT_TRUE(Has(html, "(time-stamp of the signature)"));
  EXPECT_FALSE(Has(ReportHtml(ReportOf({.trusted = false, .stamped = true}), Language::kEnglish),
                   "(time-stamp of the signature)"));
}

std::string PageOfSigner(const std::string& identifier) {
  Json signer;
  signer.Set("commonName", "Private");
  signer.Set("organization", "Parauga dome");
  if (!identifier.empty()) signer.Set("organizationIdentifier", identifier);
  Json signature;
  signature.Set("signer", signer);
  Json report;
  report.Set("signatures", Json::Array{signature});
  return ReportHtml(report, Language::kEnglish);
}

TEST(ReportHtmlTest, AnOrganisationWithItsIdentifierStandsFirst) {
  const std::string html = PageOfSigner("NTRLV-00000000000");
  EXPECT_TRUE(Has(html, "Signature 1: <bdi>Parauga dome (NTRLV-00000000000)</bdi>")) << html;
  EXPECT_LT(html.find("<dt>Organisation</dt>"), html.find("<dt>Name in the certificate</dt>"));
}

TEST(ReportHtmlTest, WithoutAnIdentifierThePersonStandsFirst) {
  const std::string html = PageOfSigner("");
  EXPECT_TRUE(Has(html, "Signature 1: <bdi>Private</bdi>")) << html;
  EXPECT_LT(html.find("<dt>Name in the certificate</dt>"), html.find("<dt>Organisation</dt>"));
}

std::string PageOf(const Json& signature, std::string_view verdict, Language language) {
  Json report;
  report.Set("verdict", verdict);
  report.Set("signatures", Json::Array{signature});
  return ReportHtml(report, language);
}

TEST(ReportHtmlTest, CodesOfTheStandardStandBesideWhatTheyMean) {
  Json check;
  check.Set("id", "LTV/no-poe");
  check.Set("status", "NOT_OK");
  check.Set("subIndication", "NO_POE");
  Json signature;
  signature.Set("indication", "INDETERMINATE");
  signature.Set("subIndication", "NO_POE");
  signature.Set("checks", Json::Array{check});
  for (const auto& [language, main, sub] :
       {std::tuple(Language::kLatvian, "Pieejamās ziņas neļauj pateikt, vai tas ir derīgs.",
                   "Trūkst pierādījuma, ka kaut kas pastāvēja vajadzīgajā laikā."),
        std::tuple(Language::kEnglish,
                   "What is at hand does not suffice to say whether it is valid.",
                   "A proof is missing that something existed at the time that matters.")}) {
    const std::string html = PageOf(signature, "indeterminate", language);
    EXPECT_TRUE(Has(html, "<code>INDETERMINATE / NO_POE</code>"));
    EXPECT_EQ(CountOf(html, main), 2U) << html;  // In the summary and with the signature.
    EXPECT_EQ(CountOf(html, sub), 3U) << html;   // And with the check.
  }
}

TEST(ReportHtmlTest, APassedSignatureSaysWhatThatMeans) {
  Json signature;
  signature.Set("indication", "TOTAL-PASSED");
  EXPECT_TRUE(Has(PageOf(signature, "valid", Language::kEnglish),
                  "Every check that the policy demands has passed."));
  EXPECT_TRUE(Has(PageOf(signature, "valid", Language::kLatvian),
                  "Visas politikas prasītās pārbaudes ir izturētas."));
}

// By its certificate's word and the list's.
Json SignatureFor(std::string_view use, std::string_view qualification) {
  Json signer;
  signer.Set("commonName", "X");
  signer.Set("use", use.empty() ? Json() : Json(use));
  Json signature;
  signature.Set("signer", signer);
  signature.Set("qualification", qualification);
  return signature;
}

TEST(ReportHtmlTest, ASealIsCalledASeal) {
  const std::string latvian =
      PageOf(SignatureFor("eseal", "N/A"), "indeterminate", Language::kLatvian);
  EXPECT_TRUE(Has(latvian, "Zīmogs 1: <bdi>X</bdi>")) << latvian;
  EXPECT_TRUE(Has(latvian, "Nevar droši pateikt, vai dokumenta zīmogs ir derīgs."));
  const std::string english = PageOf(SignatureFor("eseal", "N/A"), "valid", Language::kEnglish);
  EXPECT_TRUE(Has(english, "Seal 1: <bdi>X</bdi>"));
  EXPECT_TRUE(Has(english, "The seal of this document is valid."));
}

TEST(ReportHtmlTest, ASignatureIsCalledASignature) {
  for (const char* use : {"esig", "web", ""}) {
    const std::string html = PageOf(SignatureFor(use, "N/A"), "valid", Language::kLatvian);
    EXPECT_TRUE(Has(html, "Paraksts 1: <bdi>X</bdi>")) << use;
    EXPECT_TRUE(Has(html, "Dokumenta paraksts ir derīgs.")) << use;
  }
}

TEST(ReportHtmlTest, TheTrustedListDecidesWhichItIsBeforeTheCertificate) {
  EXPECT_TRUE(IsSeal(SignatureFor("", "QESeal")));
  EXPECT_TRUE(IsSeal(SignatureFor("esig", "Indeterminate-AdESeal-QC")));
  EXPECT_FALSE(IsSeal(SignatureFor("eseal", "QESig")));
  EXPECT_FALSE(IsSeal(SignatureFor("eseal", "Indeterminate-AdESig-QC")));
  EXPECT_TRUE(IsSeal(SignatureFor("eseal", "Not-AdES-QC")));
}

TEST(ReportHtmlTest, WhatTheCertificateIsForIsReadFromIt) {
  for (const auto& [type, use] : {std::pair("02", "eseal"), std::pair("01", "esig")}) {
    tests::CertificateSpec spec;
    spec.name = "Parauga dome";
    // EN 319 412-5, 4.2.3: QcType alone.
    spec.extensions = {
        {"1.3.6.1.5.5.7.1.3",
         std::string("DER:30:15:30:13:06:06:04:00:8E:46:01:06:30:09:06:07:04:00:8E:46:01:06:") +
             type}};
    const tests::Identity signer = tests::Make(spec);
    const Json report = ReportOn(SignatureMaker(signer).Container().Make(), {});
    EXPECT_EQ(report.Find("signatures")->AsArray()->front().Find("signer")->Text("use"), use);
  }
  const Json plain = ReportOf();
  EXPECT_EQ(plain.Find("signatures")->AsArray()->front().Find("signer")->Text("use"), std::nullopt);
}

TEST(ReportHtmlTest, TheDocumentIsNamedWithSizeAndDigest) {
  const std::string html =
      ReportHtml(ReportOn(base::AsBytes("twelve bytes"), {}), Language::kEnglish);
  EXPECT_TRUE(Has(html, "<bdi>12 bytes</bdi>"));
  EXPECT_TRUE(Has(html, base::HexEncode(base::Sha256(base::AsBytes("twelve bytes")).span())));
}

TEST(ReportHtmlTest, EachCheckHasItsClauseAndReason) {
  const std::string html = ReportHtml(ReportOf(), Language::kEnglish);
  EXPECT_TRUE(Has(html, "The data has not changed since it was signed."));
  EXPECT_TRUE(Has(html, "EN 319 102-1, 5.2.7"));
}

TEST(ReportHtmlTest, TheWordsOfTheLawAppearExactlySo) {
  Json timestamp;
  timestamp.Set("qualification", "QTSA");
  Json signature;
  signature.Set("timestamps", Json::Array{timestamp});
  for (const char* word : {"QESig", "QESeal"}) {
    signature.Set("qualification", word);
    Json report;
    report.Set("signatures", Json::Array{signature});
    for (const Language language : {Language::kLatvian, Language::kEnglish}) {
      const std::string html = ReportHtml(report, language);
      EXPECT_TRUE(Has(html, std::string("<strong>") + word + "</strong>")) << word;
      EXPECT_TRUE(Has(html, "<strong>QTSA</strong>"));
    }
  }
}

TEST(ReportHtmlTest, LoadsAndRunsNothing) {
  const std::string html = ReportHtml(ReportOf({.stamped = true}), Language::kEnglish);
  for (const char* word : {"<script", "src=", "href=", "@import", "url(", "<iframe", "<form"})
    EXPECT_FALSE(Has(html, word)) << word;
  EXPECT_TRUE(Has(html, "default-src &#39;none&#39;"));
}

// A reader takes what is inside <style> as it stands, entities and all.
TEST(ReportHtmlTest, TheStyleNeedsNoEscaping) {
  const std::string html = ReportHtml(Json(), Language::kEnglish);
  const std::size_t from = html.find("<style>");
  const std::string style = html.substr(from + 7, html.find("</style>") - from - 7);
  EXPECT_TRUE(Has(style, "'Source Serif 4'"));
  for (const char* wrong : {"&", "<", ">", "\uFFFD"}) EXPECT_FALSE(Has(style, wrong)) << wrong;
}

TEST(ReportHtmlTest, AReportWithoutAnythingIsStillAPage) {
  EXPECT_TRUE(ParsePage(ReportHtml(Json(), Language::kEnglish)).ok());
}

// The stamped twin with itself as counter-signature, and an evidence record beside it.
Json ReportWithEverything() {
  Json report = ReportOf({.stamped = true});
  Json signature = report.Find("signatures")->AsArray()->front();
  Json counter = signature;
  counter.Set("coversParent", true);
  signature.Set("counterSignatures", Json::Array{counter});
  report.Set("signatures", Json::Array{signature});
  Json object;
  object.Set("name", "lemums.txt");
  object.Set("coverage", "covered");
  Json record;
  record.Set("file", "ieraksts nr. 1.ers");
  record.Set("outcome", "intact");
  record.Set("indication", "PASSED");
  record.Set("provenTime", "2020-06-01T00:00:00Z");
  record.Set("objects", Json::Array{object});
  report.Set("evidenceRecords", Json::Array{record});
  return report;
}

TEST(ReportHtmlTest, ShowsCounterSignaturesAndEvidenceRecords) {
  const std::string html = ReportHtml(ReportWithEverything(), Language::kEnglish);
  EXPECT_TRUE(Has(html, "<h3>Counter-signature 1.1: <bdi>Anna Paraugs</bdi>"));
  EXPECT_TRUE(Has(html, "<h2>Evidence record: <bdi>ieraksts nr. 1.ers</bdi>"));
  EXPECT_TRUE(Has(html, "2020-06-01T00:00:00Z"));
  EXPECT_TRUE(ParsePage(html).ok());
}

TEST(ReportEtsiTest, HasCounterSignaturesAndEvidenceRecords) {
  const std::string xml = ReportEtsi(ReportWithEverything());
  EXPECT_EQ(WrongIn(xml), "");
  EXPECT_TRUE(Has(xml, "<SignatureIdentifier id=\"S1-C1\">"));
  EXPECT_TRUE(Has(xml, "urn:etsi:019102:validationObject:evidencerecord"));
}

// --- What an attacker writes into a certificate or a file name.

constexpr const char* kAttack =
    "</td><script>alert(\"x\")</script><a href='http://x' onclick=\"y\">&amp;\u202e\u0007]]>--> ";

Json WithEveryTextReplaced(const Json& json, const std::string& text) {
  if (json.AsString() != nullptr) return json.AsString()->empty() ? json : Json(text);
  if (const Json::Array* list = json.AsArray()) {
    Json::Array replaced;
    for (const Json& item : *list) replaced.push_back(WithEveryTextReplaced(item, text));
    return replaced;
  }
  if (const Json::Object* object = json.AsObject()) {
    Json::Object replaced;
    for (const auto& [name, value] : *object)
      replaced.emplace_back(name, WithEveryTextReplaced(value, text));
    return replaced;
  }
  return json;
}

TEST(ReportHtmlAttackTest, NothingInTheReportBecomesMarkup) {
  const Json report = ReportOf({.stamped = true});
  const std::string calm = ReportHtml(WithEveryTextReplaced(report, "calm"), Language::kEnglish);
  const std::string attacked =
      ReportHtml(WithEveryTextReplaced(report, kAttack), Language::kEnglish);
  EXPECT_NE(Outline(calm), "malformed");
  EXPECT_EQ(Outline(attacked), Outline(calm));
}

TEST(ReportHtmlAttackTest, ANameInACertificateStaysText) {
  const std::string html =
      ReportHtml(ReportOf({.name = "<script>alert(1)</script>"}), Language::kEnglish);
  EXPECT_FALSE(Has(html, "<script"));
  EXPECT_TRUE(Has(html, "&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_TRUE(ParsePage(html).ok());
}

TEST(ReportHtmlAttackTest, NoCharacterTurnsTheText) {
  const std::string html =
      ReportHtml(WithEveryTextReplaced(ReportOf(), "a\u202eb\u2066c"), Language::kEnglish);
  EXPECT_FALSE(Has(html, "\u202e"));
  EXPECT_FALSE(Has(html, "\u2066"));
  EXPECT_TRUE(Has(html, "a\uFFFDb\uFFFDc"));
}

TEST(ReportHtmlAttackTest, AnEndlessNameIsCutAndSaysSo) {
  const std::string html =
      ReportHtml(WithEveryTextReplaced(ReportOf(), std::string(100'000, 'x')), Language::kEnglish);
  EXPECT_TRUE(Has(html, "x… [+99600]"));
}

// --- For machines.

TEST(ReportEtsiTest, EveryKindOfOutcomeIsValidAgainstOurProfile) {
  EXPECT_EQ(WrongIn(ReportEtsi(ReportOf())), "");
  EXPECT_EQ(WrongIn(ReportEtsi(ReportOf({.altered = true}))), "");
  EXPECT_EQ(WrongIn(ReportEtsi(ReportOf({.trusted = false}))), "");
  EXPECT_EQ(WrongIn(ReportEtsi(ReportOf({.stamped = true}))), "");
  EXPECT_EQ(WrongIn(ReportEtsi(RefusedTwin())), "");
}

TEST(ReportEtsiTest, TheProfileNoticesWhatIsWrong) {
  std::string xml = ReportEtsi(ReportOf());
  const std::size_t at = xml.find("mainindication:total-passed");
  ASSERT_NE(at, std::string::npos);
  EXPECT_NE(WrongIn(xml.replace(at, 27, "mainindication:total-perfect")), "");
}

TEST(ReportEtsiTest, TheIndicationIsThatOfTheReport) {
  EXPECT_TRUE(Has(ReportEtsi(ReportOf()), "urn:etsi:019102:mainindication:total-passed"));
  const std::string failed = ReportEtsi(ReportOf({.altered = true}));
  EXPECT_TRUE(Has(failed, "urn:etsi:019102:mainindication:total-failed"));
  EXPECT_TRUE(Has(failed, "urn:etsi:019102:subindication:HASH_FAILURE"));
  EXPECT_FALSE(Has(failed, "total-passed"));
}

TEST(ReportEtsiTest, ARefusedDocumentIsIndeterminateAndSaysWhy) {
  const std::string xml = ReportEtsi(RefusedTwin());
  EXPECT_TRUE(Has(xml, "urn:etsi:019102:mainindication:indeterminate"));
  EXPECT_TRUE(Has(xml, RefusedTwin().Find("refusal")->Text("code").value()));
  EXPECT_FALSE(Has(xml, "passed"));
}

TEST(ReportEtsiTest, OnlyATrustedTimestampIsTheProofOfTheBestSignatureTime) {
  EXPECT_TRUE(Has(ReportEtsi(ReportOf({.stamped = true})), "<POEObject VOReference=\"S1-T1\"/>"));
  EXPECT_FALSE(Has(ReportEtsi(ReportOf({.trusted = false, .stamped = true})), "<POEObject"));
}

TEST(ReportEtsiAttackTest, TextsOfTheDocumentStayTextsAndTheReportValid) {
  Json report =
      ReportOf({.stamped = true, .name = "</Signer><MainIndication>", .organization = "&"});
  Json::Array signatures = *report.Find("signatures")->AsArray();
  for (const char* name : {"id", "signatureAlgorithm", "policyId", "claimedSigningTime"})
    signatures.front().Set(name, kAttack);
  report.Set("signatures", signatures);
  EXPECT_EQ(WrongIn(ReportEtsi(report)), "");
}

}  // namespace
}  // namespace signing
