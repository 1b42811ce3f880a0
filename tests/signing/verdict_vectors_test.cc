// The engine against an oracle that others made: facts in, the indication their tests assert.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "signing/engine.h"
#include "tests/fakes/diag_data_importer.h"
#include "tests/fakes/shared_folder.h"

namespace signing {
namespace {

const std::filesystem::path kOracle = tests::SharedFolder() / "vectors" / "verdicts";

// How many rows agree; raise it with every row that is won, never lower it.
constexpr std::size_t kAgreedSignatures = 83;
constexpr std::size_t kAgreedTimestamps = 6;
constexpr std::size_t kAgreedProcesses = 45;

struct Answer {
  std::string indication;
  std::string sub;
};

Answer AnswerOf(const Conclusion& conclusion) {
  std::string indication(IndicationName(conclusion.indication));
  std::ranges::replace(indication, '-', '_');
  return {indication, std::string(NameOfSubIndication(conclusion.sub))};
}

const Conclusion& AtLevel(const SignatureVerdict& verdict, const std::string& level) {
  if (level == "basic") return verdict.basic;
  if (level == "longterm") return verdict.with_time;
  return verdict.archival;
}

base::Time TimeOfRow(const tests::Row& row, base::Time otherwise) {
  const auto time = base::ParseTime(row.at("time"));
  return time ? *time : otherwise;
}

std::string Text(const Answer& answer) {
  return answer.indication + "/" + answer.sub;
}

TEST(VerdictVectorsTest, SignatureRowsAgree) {
  const auto rows = tests::ReadTable(kOracle / "manifest.tsv");
  if (rows.empty()) GTEST_SKIP() << "no oracle at " << kOracle;
  std::size_t agreed = 0;
  std::size_t asked = 0;
  for (const tests::Row& row : rows) {
    if (row.at("subject") != "signature" || row.at("indication").empty()) continue;
    ++asked;
    const auto oracle = tests::ReadOracleCase(kOracle / row.at("path"));
    const auto policy = tests::ReadOraclePolicy(kOracle, row.at("policy"));
    if (!oracle.ok() || !policy.ok()) {
      std::cout << "unread " << row.at("path") << " " << row.at("policy") << " "
                << (oracle.ok() ? policy.error().reason : oracle.error().reason) << "\n";
      continue;
    }
    const Verdicts verdicts =
        JudgeDocument(oracle.value().document, policy.value(), TimeOfRow(row, oracle.value().time));
    const auto found =
        std::ranges::find(verdicts.signatures, row.at("subject_id"), &SignatureVerdict::id);
    if (found == verdicts.signatures.end()) {
      std::cout << "no signature " << row.at("subject_id") << " in " << row.at("path") << "\n";
      continue;
    }
    const Answer ours = AnswerOf(AtLevel(*found, row.at("level")));
    const Answer theirs{row.at("indication"), row.at("sub_indication")};
    const bool same =
        ours.indication == theirs.indication && (theirs.sub.empty() || ours.sub == theirs.sub);
    agreed += same ? 1 : 0;
    if (same) continue;
    std::cout << "differs " << row.at("path") << " [" << row.at("policy") << "] ours " << Text(ours)
              << " theirs " << Text(theirs) << " basic " << Text(AnswerOf(found->basic)) << " time "
              << Text(AnswerOf(found->with_time)) << "\n";
    if (std::getenv("ORACLE_CHECKS") != nullptr) {
      for (const CheckRecord& record : found->checks)
        if (record.status != CheckStatus::kOk && record.status != CheckStatus::kIgnored)
          std::cout << "    " << record.block << " " << NameOfRule(record.rule) << " "
                    << NameOfStatus(record.status) << " " << NameOfSubIndication(record.sub) << " "
                    << record.object.substr(0, 12) << " " << record.values.Dump() << "\n";
      for (const auto& [id, timestamp] : verdicts.timestamps)
        std::cout << "    " << id.substr(0, 12) << " " << Text(AnswerOf(timestamp.basic)) << " "
                  << Text(AnswerOf(timestamp.archival)) << "\n";
    }
  }
  std::cout << "agreed " << agreed << " of " << asked << "\n";
  EXPECT_GE(agreed, kAgreedSignatures);
}

// The building blocks' words: "PASSED", "FAILED".
std::string WithoutTotal(std::string indication) {
  constexpr std::string_view kTotal = "TOTAL_";
  return indication.starts_with(kTotal) ? indication.substr(kTotal.size()) : indication;
}

TEST(VerdictVectorsTest, TimestampRowsAgree) {
  const auto rows = tests::ReadTable(kOracle / "manifest.tsv");
  if (rows.empty()) GTEST_SKIP() << "no oracle at " << kOracle;
  std::size_t agreed = 0;
  std::size_t asked = 0;
  for (const tests::Row& row : rows) {
    if (row.at("subject") != "timestamp" || row.at("indication").empty()) continue;
    ++asked;
    const auto oracle = tests::ReadOracleCase(kOracle / row.at("path"));
    const auto policy = tests::ReadOraclePolicy(kOracle, row.at("policy"));
    if (!oracle.ok() || !policy.ok()) continue;
    const Verdicts verdicts =
        JudgeDocument(oracle.value().document, policy.value(), TimeOfRow(row, oracle.value().time));
    const auto found = verdicts.timestamps.find(
        tests::ResolveOrder(row.at("subject_id"), oracle.value().document));
    if (found == verdicts.timestamps.end()) {
      std::cout << "no timestamp " << row.at("subject_id") << " in " << row.at("path") << "\n";
      continue;
    }
    const bool archival = row.at("level") == "archival";
    const Answer ours = AnswerOf(archival ? found->second.archival : found->second.basic);
    const Answer theirs{row.at("indication"), row.at("sub_indication")};
    const bool same = WithoutTotal(ours.indication) == theirs.indication &&
                      (theirs.sub.empty() || ours.sub == theirs.sub);
    agreed += same ? 1 : 0;
    if (!same)
      std::cout << "differs " << row.at("path") << " ours " << Text(ours) << " theirs "
                << Text(theirs) << "\n";
  }
  std::cout << "agreed on timestamps " << agreed << " of " << asked << "\n";
  EXPECT_GE(agreed, kAgreedTimestamps);
}

// "INDETERMINATE/TRY_LATER", "PASSED", "?/X" where one half is not asserted.
bool Agrees(const std::string& asserted, const Answer& ours) {
  const std::size_t slash = asserted.find('/');
  const std::string indication = asserted.substr(0, slash);
  const std::string sub = slash == std::string::npos ? "" : asserted.substr(slash + 1);
  return (indication == "?" || indication == WithoutTotal(ours.indication)) &&
         (sub.empty() || sub == "?" || sub == ours.sub);
}

// What each process of EN 319 102-1 says on the way to the verdict.
TEST(VerdictVectorsTest, TheProcessesOfSignatureRowsAgree) {
  const auto rows = tests::ReadTable(kOracle / "manifest.tsv");
  if (rows.empty()) GTEST_SKIP() << "no oracle at " << kOracle;
  std::size_t agreed = 0;
  std::size_t asked = 0;
  for (const tests::Row& row : rows) {
    if (row.at("subject") != "signature") continue;
    const auto oracle = tests::ReadOracleCase(kOracle / row.at("path"));
    const auto policy = tests::ReadOraclePolicy(kOracle, row.at("policy"));
    ASSERT_TRUE(oracle.ok() && policy.ok()) << row.at("path");
    const Verdicts verdicts =
        JudgeDocument(oracle.value().document, policy.value(), TimeOfRow(row, oracle.value().time));
    const auto found =
        std::ranges::find(verdicts.signatures, row.at("subject_id"), &SignatureVerdict::id);
    if (found == verdicts.signatures.end()) continue;
    for (const std::string process : {"basic", "longterm", "archival"}) {
      const std::string asserted = tests::Asserted(row, process);
      if (asserted.empty()) continue;
      ++asked;
      const Answer ours = AnswerOf(AtLevel(*found, process));
      if (Agrees(asserted, ours))
        ++agreed;
      else
        std::cout << "differs " << row.at("path") << " [" << row.at("policy") << "] " << process
                  << " ours " << Text(ours) << " theirs " << asserted << "\n";
    }
  }
  std::cout << "agreed on processes " << agreed << " of " << asked << "\n";
  EXPECT_GE(agreed, kAgreedProcesses);
}

TEST(VerdictVectorsTest, TheEvidenceRecordRowAgrees) {
  const auto rows = tests::ReadTable(kOracle / "manifest.tsv");
  if (rows.empty()) GTEST_SKIP() << "no oracle at " << kOracle;
  std::size_t asked = 0;
  for (const tests::Row& row : rows) {
    if (row.at("subject") != "evidence-record") continue;
    ++asked;
    const auto oracle = tests::ReadOracleCase(kOracle / row.at("path"));
    const auto policy = tests::ReadOraclePolicy(kOracle, row.at("policy"));
    ASSERT_TRUE(oracle.ok() && policy.ok());
    Verdicts verdicts =
        JudgeDocument(oracle.value().document, policy.value(), TimeOfRow(row, oracle.value().time));
    const Answer ours = AnswerOf(verdicts.evidence_records[row.at("subject_id")]);
    EXPECT_EQ(WithoutTotal(ours.indication), row.at("indication")) << ours.sub;
  }
  EXPECT_EQ(asked, 1U);
}

}  // namespace
}  // namespace signing
