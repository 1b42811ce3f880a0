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
