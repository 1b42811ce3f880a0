// Qualification (TS 119 615) against an oracle that others made: what a certificate and the lists
// state in, the qualification their tests assert out.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "signing/engine.h"
#include "signing/qualification.h"
#include "tests/fakes/diag_data_importer.h"
#include "tests/fakes/qualification_importer.h"
#include "tests/fakes/shared_folder.h"

namespace signing {
namespace {

const std::filesystem::path kOracle = tests::SharedFolder() / "vectors" / "verdicts";

// How many rows agree; raise it with every row that is won, never lower it.
constexpr std::size_t kAgreedSignatures = 35;
constexpr std::size_t kAgreedCertificates = 20;
constexpr std::size_t kAgreedTimestamps = 4;

// "Indeterminate-QESig" as the oracle writes it: "INDETERMINATE_QESIG".
std::string Spelled(std::string_view name) {
  std::string out;
  for (const char c : name)
    if (c != '/')
      out += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

struct Tally {
  std::size_t asked = 0;
  std::size_t agreed = 0;

  void Count(const tests::Row& row, const std::string& theirs, const std::string& ours) {
    ++asked;
    if (theirs == ours) {
      ++agreed;
      return;
    }
    std::cout << "differs " << row.at("path") << " [" << row.at("policy") << "] ours " << ours
              << " theirs " << theirs << "\n";
  }
};

base::Time TimeOfRow(const tests::Row& row) {
  return base::ParseTime(row.at("time")).value_or(base::Time{});
}

std::string SignatureAnswer(const tests::Row& row) {
  const auto oracle = tests::ReadOracleCase(kOracle / row.at("path"));
  const auto policy = tests::ReadOraclePolicy(kOracle, row.at("policy"));
  if (!oracle.ok() || !policy.ok()) return "unread";
  const Verdicts verdicts = JudgeDocument(oracle.value().document, policy.value(), TimeOfRow(row));
  const auto found =
      std::ranges::find(verdicts.signatures, row.at("subject_id"), &SignatureVerdict::id);
  const auto fact = std::ranges::find(oracle.value().document.signatures, row.at("subject_id"),
                                      &facts::Signature::id);
  if (found == verdicts.signatures.end() || fact->chain.empty()) return "no signature";
  const auto qualified =
      tests::ReadQualificationCase(kOracle / row.at("path"), fact->chain.front());
  if (!qualified.ok()) return "no certificate";
  return Spelled(
      QualificationName(QualifySignature({found->archival.indication, qualified.value().path,
                                          found->best_signature_time})
                            .qualification));
}

TEST(QualificationVectorsTest, SignatureRowsAgree) {
  const auto rows = tests::ReadTable(kOracle / "manifest.tsv");
  if (rows.empty()) GTEST_SKIP() << "no oracle at " << kOracle;
  Tally tally;
  for (const tests::Row& row : rows) {
    const std::string asserted = tests::Asserted(row, "qualification");
    if (row.at("subject") == "signature" && !asserted.empty())
      tally.Count(row, asserted, SignatureAnswer(row));
  }
  std::cout << "agreed " << tally.agreed << " of " << tally.asked << "\n";
  EXPECT_GE(tally.agreed, kAgreedSignatures);
}

// "QCERT_FOR_ESIG_QSCD". Of what is not qualified only that much is compared.
std::string CertificateAnswer(const CertificateQualification& answer, bool listed) {
  if (!listed) return "NA";
  if (answer.qualified != Answer::kYes) return "CERT";
  constexpr std::array<std::string_view, 4> kUses = {"UNKNOWN", "ESIG", "ESEAL", "WSA"};
  return "QCERT_FOR_" + std::string(kUses[static_cast<std::size_t>(answer.use)]) +
         (answer.qscd == Answer::kYes ? "_QSCD" : "");
}

TEST(QualificationVectorsTest, CertificateRowsAgree) {
  const auto rows = tests::ReadTable(kOracle / "manifest.tsv");
  if (rows.empty()) GTEST_SKIP() << "no oracle at " << kOracle;
  Tally tally;
  for (const tests::Row& row : rows) {
    if (row.at("subject") != "certificate") continue;
    const auto found = tests::ReadQualificationCase(kOracle / row.at("path"), row.at("subject_id"));
    ASSERT_TRUE(found.ok()) << row.at("path");
    const CertificatePath& path = found.value().path;
    for (const auto& [key, at] : {std::pair{"qualification-at-issuance", found.value().issued},
                                  std::pair{"qualification-at-validation-time", TimeOfRow(row)}}) {
      std::string asserted = tests::Asserted(row, key);
      if (asserted.empty()) continue;
      if (asserted.starts_with("CERT_FOR")) asserted = "CERT";
      tally.Count(row, asserted, CertificateAnswer(QualifyCertificate(path, at), path.HasAnchor()));
    }
  }
  std::cout << "agreed on certificates " << tally.agreed << " of " << tally.asked << "\n";
  EXPECT_GE(tally.agreed, kAgreedCertificates);
}

TEST(QualificationVectorsTest, TimestampRowsAgree) {
  const auto rows = tests::ReadTable(kOracle / "manifest.tsv");
  if (rows.empty()) GTEST_SKIP() << "no oracle at " << kOracle;
  Tally tally;
  for (const tests::Row& row : rows) {
    const std::string asserted = tests::Asserted(row, "qualification");
    if (row.at("subject") != "timestamp" || asserted.empty()) continue;
    const auto oracle = tests::ReadOracleCase(kOracle / row.at("path"));
    const auto policy = tests::ReadOraclePolicy(kOracle, row.at("policy"));
    ASSERT_TRUE(oracle.ok() && policy.ok()) << row.at("path");
    const facts::Document& document = oracle.value().document;
    const facts::Timestamp& timestamp =
        document.timestamps.at(tests::ResolveOrder(row.at("subject_id"), document));
    Verdicts verdicts = JudgeDocument(document, policy.value(), TimeOfRow(row));
    const auto found =
        tests::ReadQualificationCase(kOracle / row.at("path"), timestamp.chain.front());
    ASSERT_TRUE(found.ok()) << row.at("path");
    const TimestampTimes times{timestamp.time, verdicts.timestamps[timestamp.id].proven_by};
    tally.Count(row, asserted,
                Spelled(QualificationName(QualifyTimestamp(found.value().path, times))));
  }
  std::cout << "agreed on timestamps " << tally.agreed << " of " << tally.asked << "\n";
  EXPECT_GE(tally.agreed, kAgreedTimestamps);
}

}  // namespace
}  // namespace signing
