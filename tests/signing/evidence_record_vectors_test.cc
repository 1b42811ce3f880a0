// Evidence records that others made (vectors/evidence-records): every row of the manifest.
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/file.h"
#include "signing/evidence_record_check.h"
#include "signing/verifier.h"
#include "tests/fakes/shared_folder.h"

namespace signing {
namespace {

using tests::Row;

std::filesystem::path Folder() {
  return tests::SharedFolder() / "vectors" / "evidence-records";
}

std::vector<std::string> Words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

base::Bytes ReadVector(const std::string& path) {
  auto content = base::ReadFile(Folder() / path, kMaxEvidenceRecord);
  EXPECT_TRUE(content.ok()) << path;
  return content.ok() ? std::move(content).value() : base::Bytes{};
}

// What is known of one object: its bytes, or digests by some algorithms.
struct Known {
  std::optional<base::Bytes> bytes;
  std::map<std::string, base::Bytes, std::less<>> digests;
};

std::vector<Known> KnownObjects(const Row& row) {
  std::vector<Known> all;
  for (const std::string& value : Words(row.at("data_values"))) {
    const std::size_t colon = value.find(':');
    const std::string kind = value.substr(0, colon);
    const std::string rest = value.substr(colon + 1);
    if (kind == "hex") {
      all.push_back({base::HexDecode(rest), {}});
      continue;
    }
    const std::string name = "SHA" + kind.substr(3);
    // Digests by different algorithms are those of one object.
    if (all.empty() || all.back().digests.empty() || all.back().digests.contains(name))
      all.emplace_back();
    all.back().digests[name] = base::Base64Decode(rest).value_or(base::Bytes{});
  }
  for (const std::string& file : Words(row.at("data_files"))) all.push_back({ReadVector(file), {}});
  return all;
}

std::string_view NameOf(EvidenceOutcome outcome) {
  switch (outcome) {
    case EvidenceOutcome::kIntact: return "intact";
    case EvidenceOutcome::kBroken: return "broken";
    case EvidenceOutcome::kNotCovered: return "not-covered";
    case EvidenceOutcome::kIndeterminate: return "indeterminate";
    case EvidenceOutcome::kRefused: return "error";
    case EvidenceOutcome::kNotEvaluated: return "not-evaluated";
  }
  return "?";
}

std::string OutcomeOfRecord(const Row& row) {
  const std::vector<Known> known = KnownObjects(row);
  std::vector<EvidenceObject> objects;
  for (const Known& one : known)
    objects.emplace_back("object", [&one](const DigestAlgorithm& by) -> EvidenceObject::Digest {
      if (one.bytes) return std::optional<base::Bytes>(HashOf(by, *one.bytes));
      const auto found = one.digests.find(by.name);
      return found == one.digests.end() ? std::optional<base::Bytes>{} : found->second;
    });
  const base::Bytes bytes = ReadVector(row.at("path"));
  WorkBudget budget(bytes.size());
  const auto facts = CheckEvidenceRecord(bytes, objects, budget);
  return facts.ok() ? std::string(NameOf(facts.value().outcome)) : facts.error().reason;
}

// The entries of "evidenceRecords" for a document with what the row hands in beside it.
base::Json::Array ReportedRecords(const Row& row) {
  const base::Bytes document = ReadVector(row.at("path"));
  std::vector<base::Bytes> kept;
  kept.reserve(16);
  const auto borrow = [&](const std::string& files) {
    std::vector<NamedBytes> borrowed;
    for (const std::string& file : Words(files)) {
      kept.push_back(ReadVector(file));
      borrowed.push_back({std::filesystem::path(file).filename().string(), kept.back()});
    }
    return borrowed;
  };
  VerifyRequest request;
  request.name = std::filesystem::path(row.at("path")).filename().string();
  request.document = document;
  request.data = borrow(row.at("data_files"));
  request.evidence_records = borrow(row.at("record_files"));
  request.at = *base::ParseTime("2026-11-23T12:00:00Z");
  const base::Json report = Verify(request);
  const base::Json* records = report.Find("evidenceRecords");
  return records == nullptr ? base::Json::Array{} : *records->AsArray();
}

// The worst of those with the format and place that the row is about.
std::string OutcomeInReport(const Row& row) {
  const bool beside = row.at("kind") == "separate";
  const std::string format = row.at("format") == "rfc4998" ? "RFC 4998" : "RFC 6283";
  std::string outcome = "none";
  for (const base::Json& record : ReportedRecords(row)) {
    if (record.Text("format") != format || (record.Text("source") == "beside") != beside) continue;
    const std::string one = record.Text("outcome").value_or("?");
    if (outcome == "none" || outcome == "intact") outcome = one;
  }
  return outcome;
}

std::vector<Row> RowsOf(const std::string& format, const std::string& kind) {
  std::vector<Row> rows;
  for (Row& row : tests::ReadTable(Folder() / "manifest.tsv"))
    if (row["format"] == format && row["kind"] == kind) rows.push_back(row);
  return rows;
}

class EvidenceRecordVectorsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(Folder())) GTEST_SKIP() << "no shared vectors";
  }
  static std::string Told(const Row& row) { return row.at("path") + " " + row.at("evidence"); }
};

TEST_F(EvidenceRecordVectorsTest, RecordsOfRfc4998GiveTheStatedResult) {
  const auto rows = RowsOf("rfc4998", "record");
  EXPECT_EQ(rows.size(), 15U);
  for (const Row& row : rows) EXPECT_EQ(OutcomeOfRecord(row), row.at("verdict")) << Told(row);
}

TEST_F(EvidenceRecordVectorsTest, RecordsOfRfc4998BesideASignatureGiveTheStatedResult) {
  const auto rows = RowsOf("rfc4998", "separate");
  EXPECT_EQ(rows.size(), 2U);
  for (const Row& row : rows) EXPECT_EQ(OutcomeInReport(row), row.at("verdict")) << Told(row);
}

TEST_F(EvidenceRecordVectorsTest, RecordsOfRfc4998InContainersGiveTheStatedResult) {
  const auto rows = RowsOf("rfc4998", "in-asic");
  EXPECT_EQ(rows.size(), 2U);
  for (const Row& row : rows) EXPECT_EQ(OutcomeInReport(row), row.at("verdict")) << Told(row);
}

TEST_F(EvidenceRecordVectorsTest, RecordsOfRfc6283AreRecognisedAndReportedAsNotEvaluated) {
  std::size_t count = 0;
  for (const std::string kind : {"record", "separate", "in-asic", "embedded-in-xades"})
    for (const Row& row : RowsOf("rfc6283", kind)) {
      ++count;
      const std::string outcome = kind == "record" ? OutcomeOfRecord(row) : OutcomeInReport(row);
      const bool refused = row.at("verdict") == "error";
      EXPECT_EQ(outcome, refused ? "error" : "not-evaluated") << Told(row);
    }
  EXPECT_EQ(count, 61U);
}

TEST_F(EvidenceRecordVectorsTest, NoRowIsLeftOut) {
  EXPECT_EQ(tests::ReadTable(Folder() / "manifest.tsv").size(), 80U);
}

}  // namespace
}  // namespace signing
