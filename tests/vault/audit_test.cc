// An audit finds each thing that was changed, and nothing where nothing was.
#include "vault/audit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "base/random.h"
#include "tests/fakes/note_signer.h"
#include "tests/fakes/temp_dir.h"
#include "tests/fakes/vault_records.h"
#include "vault/guard.h"
#include "vault/lmdb.h"
#include "vault/segments.h"
#include "vault/signed_note.h"
#include "vault/tile.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kTime = 1'795'000'000;
constexpr std::uint64_t kEntries = 21;

class AuditTest : public testing::Test {
 protected:
  void SetUp() override {
    auto ledger = Ledger::Open(data_, tests::kSmallLedger).value();
    auto segments = Segments::Open(data_).value();
    for (std::uint64_t i = 0; i < kEntries; ++i) {
      Record record = tests::DocumentOf(client_);
      const auto written =
          segments
              ->Append("agency", record.stored_at, base::Secret(base::RandomBytes(32)),
                       base::RandomBytes(100 * i))
              .value();
      record.content = written.where;
      record.content_sha256 = written.sha256;
      ASSERT_TRUE(ledger->Append(record).ok());
      if (i % 4 != 0) continue;
      const TreeHead head = ledger->Head().value();
      const std::string note = log_.Checkpoint(head.size, head.root);
      ASSERT_TRUE(
          ledger->KeepCheckpoint(head.size, note + witness_.CosignatureLine(TextOf(note), kTime))
              .ok());
    }
    ASSERT_TRUE(ledger->KeepStamp(9, base::ToBytes("token")).ok());
    head_ = ledger->Head().value();
  }
  static std::string TextOf(const std::string& note) { return ParseSignedNote(note)->text; }

  AuditReport Run() const { return Audit(Order()).value(); }
  AuditOrder Order() const {
    return {.data = data_,
            .log_key = log_.VerifierKey(),
            .witnesses = {witness_.VerifierKey()},
            .read_stamp = [](base::ByteSpan token,
                             const base::Sha256Digest&) -> base::Result<base::Time> {
              if (base::AsText(token) == "token") return base::Time(std::chrono::seconds(kTime));
              return base::Error{base::ErrorCode::kInvalidInput, "timestamp.malformed", "no token"};
            }};
  }
  // The reasons of all findings, in order, each once.
  std::vector<std::string> Found() const {
    std::vector<std::string> reasons;
    for (const AuditFinding& finding : Run().findings)
      if (reasons.empty() || reasons.back() != finding.reason) reasons.push_back(finding.reason);
    return reasons;
  }
  using Reasons = std::vector<std::string>;

  // Applies `change` to the value of a row; a guard is made anew when the table has one.
  template <typename Change>
  void ChangeRow(const char* table, std::uint64_t number, Change change) const {
    auto environment =
        LmdbEnvironment::Open(data_ / "ledger", {.max_bytes = tests::kSmallLedger.max_bytes});
    const LmdbTable rows = environment.value().Table(table).value();
    LmdbTransaction transaction = environment.value().BeginWrite().value();
    base::Bytes key;
    base::AppendUint64(number, key);
    const auto found = transaction.Get(rows, key).value();
    ASSERT_TRUE(found);
    base::Bytes value(found->begin(), found->end());
    const bool is_guarded = std::string_view(table) != "log";
    if (is_guarded) value.erase(value.begin(), value.begin() + 32);
    change(value);
    if (is_guarded) value = Guarded(GuardSize::kFull, key, value);
    ASSERT_TRUE(transaction.Put(rows, key, value).ok());
    ASSERT_TRUE(std::move(transaction).Commit().ok());
  }
  void FlipBit(const char* table, std::uint64_t number, std::size_t at) const {
    ChangeRow(table, number, [at](base::Bytes& value) { value.at(at) ^= 0x10U; });
  }

  const tests::TempDir dir_;
  const fs::path data_ = dir_.path() / "data";
  const ClientId client_ = ClientId::New();
  const tests::NoteSigner log_{"log.example/a"};
  const tests::NoteSigner witness_{"w.example", tests::NoteSigner::kCosignature};
  TreeHead head_;
};

TEST_F(AuditTest, AnIntactVaultHasNoFindings) {
  const AuditReport report = Run();
  EXPECT_TRUE(report.IsIntact()) << report.findings.front().detail;
  EXPECT_TRUE(report.IsComplete());
  EXPECT_EQ(report.head, head_);
  EXPECT_EQ(report.documents, kEntries);
  EXPECT_EQ(report.checkpoints, 6U);
  EXPECT_EQ(report.checkpointed, 21U);
  EXPECT_EQ(report.cosigned.at("w.example"), 6U);
  EXPECT_EQ(report.stamps, 1U);
}

TEST_F(AuditTest, ACopyThatCannotBeWrittenIsAudited) {
  fs::copy(data_, dir_.path() / "copy", fs::copy_options::recursive);
  for (const auto& file : fs::recursive_directory_iterator(dir_.path() / "copy"))
    if (file.is_regular_file()) fs::permissions(file.path(), fs::perms::owner_read);
  fs::remove(dir_.path() / "copy/ledger/lock.mdb");
  AuditOrder order = Order();
  order.data = dir_.path() / "copy";
  EXPECT_TRUE(Audit(order).value().IsIntact());
  EXPECT_FALSE(fs::exists(dir_.path() / "copy/ledger/lock.mdb"));
}

TEST_F(AuditTest, WhatNoKeyWasGivenForIsCountedAsUnchecked) {
  AuditOrder order = Order();
  order.witnesses.clear();
  order.read_stamp = {};
  const AuditReport report = Audit(order).value();
  EXPECT_TRUE(report.IsIntact());
  EXPECT_FALSE(report.IsComplete());
  EXPECT_EQ(report.unknown_cosignatures, 6U);
  EXPECT_EQ(report.unchecked_stamps, 1U);
}

TEST_F(AuditTest, ABitOfAnEntryIsFound) {
  FlipBit("log", 6, 8 + 32 + 40);
  EXPECT_EQ(Found().front(), "ledger.entry-damaged");
}

TEST_F(AuditTest, ABitOfALeafHashIsFound) {
  FlipBit("log", 6, 8);
  EXPECT_EQ(Found(), (Reasons{"ledger.entry-damaged", "ledger.tree-damaged"}));
}

TEST_F(AuditTest, ABitOfAnyUpperNodeIsFound) {
  for (std::size_t level = 1; level <= 4; ++level) {
    FlipBit("log", 15, 8 + 32 * level);
    const Reasons found = Found();
    EXPECT_NE(std::ranges::find(found, "ledger.tree-damaged"), found.end()) << level;
    FlipBit("log", 15, 8 + 32 * level);
  }
  EXPECT_TRUE(Run().IsIntact());
}

TEST_F(AuditTest, AnEntryThatBearsAnotherNumberIsFound) {
  FlipBit("log", 6, 7);
  EXPECT_EQ(Found().front(), "ledger.entry-damaged");
}

TEST_F(AuditTest, AnEntryRewrittenWithItsTreeDoesNotFitTheCheckpoints) {
  // A forger with the disk and without the token: a ledger of his own, our checkpoints.
  const auto forged = Ledger::Open(dir_.path() / "forged", tests::kSmallLedger).value();
  for (std::uint64_t i = 0; i < kEntries; ++i)
    ASSERT_TRUE(forged->Append(tests::DocumentOf(client_)).ok());
  const std::string ours = log_.Checkpoint(head_.size, head_.root);
  ASSERT_TRUE(forged->KeepCheckpoint(head_.size, ours).ok());
  AuditOrder order = Order();
  order.data = dir_.path() / "forged";
  order.skip_documents = true;
  EXPECT_EQ(Audit(order).error().reason, "vault.locked");
  fs::copy(order.data, dir_.path() / "copy", fs::copy_options::recursive);
  order.data = dir_.path() / "copy";
  const AuditReport report = Audit(order).value();
  ASSERT_EQ(report.finding_count, 1U);
  EXPECT_EQ(report.findings.front().reason, "ledger.tree-damaged");
  EXPECT_EQ(report.checkpointed, 0U);
}

TEST_F(AuditTest, ABitOfANoteIsFoundWhoeverMadeItsGuard) {
  for (const std::size_t at : {3U, 20U, 40U, 90U, 140U, 200U}) {
    FlipBit("checkpoint", 9, at);
    EXPECT_FALSE(Run().IsIntact()) << at;
    FlipBit("checkpoint", 9, at);
  }
  EXPECT_TRUE(Run().IsIntact());
}

TEST_F(AuditTest, ANoteOfAnotherSizeIsFound) {
  const std::string other = log_.Checkpoint(10, head_.root);
  ChangeRow("checkpoint", 9, [&](base::Bytes& value) { value = base::ToBytes(other); });
  EXPECT_EQ(Found().front(), "checkpoint.damaged");
}

TEST_F(AuditTest, ANoteByAnotherKeyIsFound) {
  const tests::NoteSigner impostor("log.example/a");
  const std::string note = impostor.Checkpoint(head_.size, head_.root);
  ChangeRow("checkpoint", 21, [&](base::Bytes& value) { value = base::ToBytes(note); });
  EXPECT_EQ(Found(), Reasons{"checkpoint.damaged"});
}

TEST_F(AuditTest, ADamagedGuardDoesNotHideTheCheckpointsBehindIt) {
  auto environment =
      LmdbEnvironment::Open(data_ / "ledger", {.max_bytes = tests::kSmallLedger.max_bytes});
  const LmdbTable rows = environment.value().Table("checkpoint").value();
  LmdbTransaction transaction = environment.value().BeginWrite().value();
  base::Bytes key;
  base::AppendUint64(9, key);
  ASSERT_TRUE(transaction.Put(rows, key, base::Bytes(40, 1)).ok());
  ASSERT_TRUE(std::move(transaction).Commit().ok());
  const AuditReport report = Run();
  EXPECT_FALSE(report.IsIntact());
  EXPECT_EQ(report.checkpoints, 5U);
  EXPECT_EQ(report.checkpointed, 21U);
}

TEST_F(AuditTest, ABadTimestampIsFound) {
  ChangeRow("stamp", 9, [](base::Bytes& value) { value = base::ToBytes("tokem"); });
  EXPECT_EQ(Found(), Reasons{"timestamp.malformed"});
}

TEST_F(AuditTest, ABitOfASegmentIsFound) {
  const auto file = SegmentFilesOf(data_).begin()->second;
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(5000);
  const char byte = static_cast<char>(stream.get() ^ 0x01);
  stream.seekp(5000);
  stream.put(byte);
  stream.close();
  EXPECT_EQ(Found(), Reasons{"segment.damaged"});
  EXPECT_EQ(Run().finding_count, 1U);
}

TEST_F(AuditTest, AMissingSegmentIsFound) {
  fs::remove(SegmentFilesOf(data_).begin()->second);
  EXPECT_EQ(Run().finding_count, kEntries);
}

TEST_F(AuditTest, WhereThereIsNoLedgerNothingIsAudited) {
  AuditOrder order = Order();
  order.data = dir_.path() / "nowhere";
  EXPECT_EQ(Audit(order).error().reason, "file.missing");
  order = Order();
  order.log_key = witness_.VerifierKey();
  EXPECT_EQ(Audit(order).error().reason, "receipt.bad-verifier-key");
  order = Order();
  order.witnesses = {log_.VerifierKey()};
  EXPECT_EQ(Audit(order).error().reason, "witness.bad-key");
}

// A log of 300 entries as files: one full tile, one partial, and one above.
class AuditTilesTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto ledger = Ledger::Open(dir_.path() / "data", tests::kSmallLedger).value();
    for (int i = 0; i < 300; ++i)
      ASSERT_TRUE(ledger->Append(tests::DocumentOf(ClientId::New())).ok());
    for (const Tile& tile : {Tile{0, 0, 256}, Tile{0, 1, 44}, Tile{1, 0, 1}}) {
      Write("tile/" + TilePath(tile), ledger->TileHashes(tile).value());
      if (tile.level == 0) Write("tile/" + TilePath(tile, true), ledger->TileEntries(tile).value());
    }
    head_ = ledger->Head().value();
    Write("checkpoint", base::ToBytes(log_.Checkpoint(300, head_.root)));
  }
  void Write(const std::string& name, const base::Bytes& bytes) const {
    const fs::path path = dir_.path() / "tiles" / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary)
        .write(base::AsText(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  }
  AuditReport Run() const {
    return AuditTiles(
               {.data = dir_.path() / "tiles", .log_key = log_.VerifierKey(), .witnesses = {}})
        .value();
  }

  const tests::TempDir dir_;
  const tests::NoteSigner log_{"log.example/a"};
  TreeHead head_;
};

TEST_F(AuditTilesTest, AnExportedLogIsRecomputed) {
  const AuditReport report = Run();
  EXPECT_TRUE(report.IsIntact()) << report.findings.front().detail;
  EXPECT_EQ(report.head, head_);
  EXPECT_EQ(report.checkpointed, 300U);
}

TEST_F(AuditTilesTest, ABitOfAnyFileIsFound) {
  for (const char* name : {"checkpoint", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1",
                           "tile/entries/000", "tile/entries/001.p/44"}) {
    const fs::path path = dir_.path() / "tiles" / name;
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(25);
    const char byte = static_cast<char>(file.get());
    file.seekp(25);
    file.put(static_cast<char>(byte ^ 0x04));
    file.flush();
    EXPECT_FALSE(Run().IsIntact()) << name;
    file.seekp(25);
    file.put(byte);
    file.close();
    fs::rename(path, path.string() + "-away");
    if (std::string_view(name) != "checkpoint") {
      EXPECT_FALSE(Run().IsIntact()) << name;
    }
    fs::rename(path.string() + "-away", path);
  }
  EXPECT_TRUE(Run().IsIntact());
}

}  // namespace
}  // namespace vault
