#include "cli/verify_text.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

using base::Json;
using base::Language;

Json Report(const std::string& scope) {
  Json signature;
  signature.Set("scope", Json::Array{Json(scope)});
  Json report;
  report.Set("verdict", "indeterminate");
  report.Set("signatures", Json::Array{signature});
  return report;
}

TEST(VerifyTextTest, ANameCannotSteerTheTerminalOrTurnTheText) {
  const std::string text =
      VerifyReportText(Report("pay\u202efdp.exe \u009b2J \x1b[2J"), Language::kEnglish);
  EXPECT_NE(text.find("Covers: pay fdp.exe"), std::string::npos) << text;
  for (const char* steering : {"\u202e", "\u009b", "\x1b"})
    EXPECT_EQ(text.find(steering), std::string::npos);
}

// Of 14 March 2026, by a snapshot whose newest list is of the 2nd.
Json ReportWithMethod() {
  Json policy;
  policy.Set("id", "lv-public-sector");
  policy.Set("sha256", "5e1f");
  Json trust;
  trust.Set("snapshot", "aa00");
  trust.Set("issued", "2026-03-02T10:00:00Z");
  Json engine;
  engine.Set("version", "9.9");
  Json report = Report("a.txt");
  report.Set("policy", policy);
  report.Set("trust", trust);
  report.Set("engine", engine);
  report.Set("validationTime", "2026-03-14T12:00:00Z");
  return report;
}

TEST(VerifyTextTest, SaysByWhichPolicyTrustTimeAndVersionItWasJudged) {
  const std::string english = VerifyReportText(ReportWithMethod(), Language::kEnglish);
  EXPECT_NE(english.find("Policy: lv-public-sector, SHA-256 5e1f\n"
                         "Trust snapshot: aa00, issued 2026-03-02T10:00:00Z, age in days: 12\n"
                         "Verified as of: 2026-03-14T12:00:00Z, edocvault 9.9\n"),
            std::string::npos)
      << english;
  const std::string latvian = VerifyReportText(ReportWithMethod(), Language::kLatvian);
  EXPECT_NE(latvian.find("Politika: lv-public-sector, SHA-256 5e1f\n"
                         "Uzticamības kopa: aa00, izdota 2026-03-02T10:00:00Z, vecums dienās: 12\n"
                         "Pārbaudes laiks: 2026-03-14T12:00:00Z, edocvault 9.9\n"),
            std::string::npos)
      << latvian;
}

TEST(VerifyTextTest, NoTrustIsSaidToBeNone) {
  Json trust;
  trust.Set("snapshot", nullptr);
  trust.Set("issued", nullptr);
  Json report = ReportWithMethod();
  report.Set("trust", trust);
  EXPECT_NE(VerifyReportText(report, Language::kEnglish).find("Trust snapshot: none; nobody"),
            std::string::npos);
}

TEST(VerifyTextTest, TrustOfCertificatesAloneHasNoAge) {
  Json trust;
  trust.Set("snapshot", "aa00");
  trust.Set("issued", nullptr);
  Json report = ReportWithMethod();
  report.Set("trust", trust);
  const std::string text = VerifyReportText(report, Language::kEnglish);
  EXPECT_NE(text.find("aa00, certificates alone, without a date\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("age"), std::string::npos);
}

TEST(VerifyTextTest, ThePolicyIsSaidOnceAboveNestedDocuments) {
  Json report = ReportWithMethod();
  report.Set("nested", Json::Array{ReportWithMethod()});
  const std::string text = VerifyReportText(report, Language::kEnglish);
  EXPECT_EQ(text.find("Policy:"), text.rfind("Policy:"));
  EXPECT_NE(text.find("Verdict:"), text.rfind("Verdict:"));
}

TEST(VerifyTextTest, ANameOfAPolicyCannotSteerTheTerminal) {
  Json policy;
  policy.Set("id", "mine\x1b[2J\nVerdict: VALID");
  Json report = ReportWithMethod();
  report.Set("policy", policy);
  const std::string text = VerifyReportText(report, Language::kEnglish);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\nVerdict: VALID"), std::string::npos) << text;
}

TEST(VerifyTextTest, ASubIndicationIsExplained) {
  Json signature;
  signature.Set("indication", "INDETERMINATE");
  signature.Set("subIndication", "NO_CERTIFICATE_CHAIN_FOUND");
  Json report;
  report.Set("signatures", Json::Array{signature});
  EXPECT_NE(VerifyReportText(report, Language::kEnglish)
                .find("  Meaning: No chain leads from the signer's certificate to a trusted "
                      "issuer.\n"),
            std::string::npos);
  EXPECT_NE(
      VerifyReportText(report, Language::kLatvian)
          .find("  Nozīmē: Nav ķēdes no parakstītāja sertifikāta līdz uzticamam izdevējam.\n"),
      std::string::npos);
  signature.Set("subIndication", "SOMETHING_ELSE");
  report.Set("signatures", Json::Array{signature});
  EXPECT_EQ(VerifyReportText(report, Language::kEnglish).find("Meaning"), std::string::npos);
}

TEST(VerifyTextTest, ASealIsCalledASeal) {
  Json signature;
  signature.Set("qualification", "QESeal");
  Json report;
  report.Set("signatures", Json::Array{signature});
  EXPECT_NE(VerifyReportText(report, Language::kLatvian).find("Zīmogs: "), std::string::npos);
  EXPECT_NE(VerifyReportText(report, Language::kEnglish).find("Seal: "), std::string::npos);
}

Json ReportWithTimestamp(bool fits) {
  Json timestamp;
  timestamp.Set("time", "2026-11-23T12:00:01Z");
  timestamp.Set("imprintOk", fits);
  timestamp.Set("signatureOk", true);
  timestamp.Set("trusted", false);
  Json signature;
  signature.Set("bestSignatureTime", nullptr);
  signature.Set("timestamps", Json::Array{timestamp});
  Json report;
  report.Set("signatures", Json::Array{signature});
  return report;
}

TEST(VerifyTextTest, AnUntrustedTimestampIsNotCalledAProof) {
  const std::string english = VerifyReportText(ReportWithTimestamp(true), Language::kEnglish);
  EXPECT_NE(english.find("Time-stamp (not yet trusted): 2026-11-23T12:00:01Z"), std::string::npos);
  EXPECT_EQ(english.find("Proven"), std::string::npos);
  const std::string latvian = VerifyReportText(ReportWithTimestamp(true), Language::kLatvian);
  EXPECT_NE(latvian.find("Laika zīmogs (vēl nav uzticams): 2026"), std::string::npos);
}

TEST(VerifyTextTest, ATimestampThatDoesNotFitIsNotShownAsATime) {
  EXPECT_EQ(VerifyReportText(ReportWithTimestamp(false), Language::kEnglish).find("2026"),
            std::string::npos);
}

Json ReportWithQualification(const std::string& qualification) {
  Json signature;
  signature.Set("qualification", qualification);
  Json report;
  report.Set("signatures", Json::Array{signature});
  return report;
}

TEST(VerifyTextTest, AQualificationIsShownWhereATrustedListGivesOne) {
  EXPECT_NE(VerifyReportText(ReportWithQualification("QESeal"), Language::kEnglish)
                .find("  Qualification: QESeal\n"),
            std::string::npos);
  EXPECT_EQ(
      VerifyReportText(ReportWithQualification("N/A"), Language::kEnglish).find("Qualification"),
      std::string::npos);
}

TEST(VerifyTextTest, WhatWouldChangeTheVerdictIsSaid) {
  Json remedy;
  remedy.Set("message", "A trusted list.");
  Json signature;
  signature.Set("whatWouldChangeIt", Json::Array{remedy});
  Json report;
  report.Set("signatures", Json::Array{signature});
  EXPECT_NE(VerifyReportText(report, Language::kLatvian)
                .find("  Kas varētu mainīt slēdzienu: A trusted list.\n"),
            std::string::npos);
}

TEST(VerifyTextTest, AnEvidenceRecordIsShownWithWhatItProves) {
  Json record;
  record.Set("file", "ieraksts.ers");
  record.Set("format", "RFC 4998");
  record.Set("outcome", "intact");
  record.Set("indication", "PASSED");
  record.Set("provenTime", "2020-06-01T00:00:00Z");
  Json report = Report("a.txt");
  report.Set("evidenceRecords", Json::Array{record});
  const std::string text = VerifyReportText(report, Language::kEnglish);
  EXPECT_NE(text.find("Evidence record: ieraksts.ers, RFC 4998, intact, PASSED\n"
                      "  Proven time: 2020-06-01T00:00:00Z\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace cli
