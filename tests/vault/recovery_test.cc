#include "vault/recovery.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "tests/fakes/backed_up_vault.h"
#include "tests/fakes/killed_child.h"
#include "vault/receipt.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNewOrigin = "vault.example/two";

class RecoveryTest : public testing::Test {
 protected:
  void SetUp() override {
    for (std::uint32_t i = 0; i < 5; ++i)
      documents_.push_back(vault_.Store("text " + std::to_string(i), 256 + i));
    ASSERT_TRUE(vault_.BackUp().ok());
    vault_.Store("lost", 261);
    later_ = vault_.Checkpoint().note;
  }
  RecoveryOrder Order() const {
    return {.from = vault_.set(),
            .data = new_data(),
            .verifier_key = vault_.signer().VerifierKey(),
            .origin = kNewOrigin,
            .checkpoint = std::nullopt,
            .erased = {},
            .now = base::Time(std::chrono::seconds(1'795'100'000))};
  }
  static std::string ReasonOf(const RecoveryOrder& order) {
    const auto recovered = Recover(order);
    return recovered.ok() ? "recovered" : recovered.error().reason;
  }
  fs::path new_data() const { return vault_.folder() / "new"; }
  std::unique_ptr<Ledger> NewLedger() const {
    return Ledger::Open(new_data(), tests::kSmallLedger).value();
  }

  tests::BackedUpVault vault_;
  std::vector<Record> documents_;
  std::string later_;
};

TEST_F(RecoveryTest, BringsBackEntriesKeysAndDocuments) {
  ASSERT_EQ(ReasonOf(Order()), "recovered");
  const auto ledger = NewLedger();
  const auto keys = tests::OpenKeys(new_data());
  const auto segments = Segments::Open(new_data()).value();
  EXPECT_EQ(ledger->Head().value().size, 6U);
  EXPECT_EQ(keys->Top().value(), tests::TopOf(1));
  for (std::size_t i = 0; i < documents_.size(); ++i) {
    const StoredRecord stored = ledger->Find(documents_[i].id).value();
    EXPECT_EQ(stored.entry.value, i + 1);
    EXPECT_EQ(stored.encoded, vault_.ledger().Read({i}).value().encoded);
    EXPECT_EQ(base::AsText(
                  segments->Read(stored.record.content, stored.record.content_sha256, vault_.key())
                      .value()),
              "text " + std::to_string(i));
    EXPECT_TRUE(keys->PathsTo(std::span(&stored.record.key, 1)).value().keys.front().has_value());
  }
}

TEST_F(RecoveryTest, TheFirstEntrySaysWhatIsLost) {
  RecoveryOrder order = Order();
  order.checkpoint = later_;
  const Recovered recovered = Recover(order).value();
  EXPECT_EQ(recovered.lost_from, 5U);
  EXPECT_EQ(recovered.lost_to, 6U);
  const auto ledger = NewLedger();
  const Record first = ledger->Read({0}).value().record;
  EXPECT_EQ(first.kind, RecordKind::kRecovery);
  EXPECT_EQ(first.commitment, base::Sha256(base::AsBytes(first.old_checkpoint)));
  EXPECT_TRUE(later_.starts_with(first.old_checkpoint));
  const OlderLog older = OlderLogOf(*ledger).value().value();
  EXPECT_EQ(older.origin, tests::kOldOrigin);
  EXPECT_EQ(older.head.size, 6U);
  EXPECT_EQ(older.kept, 5U);
}

TEST_F(RecoveryTest, AnOlderCheckpointThanTheBackupSaysNothingNew) {
  RecoveryOrder order = Order();
  const TreeHead old = vault_.ledger().HeadAt(2).value();
  order.checkpoint = vault_.signer().Checkpoint(old.size, old.root);
  ASSERT_EQ(ReasonOf(order), "recovered");
  EXPECT_EQ(OlderLogOf(*NewLedger()).value().value().head.size, 5U);
}

TEST_F(RecoveryTest, ACheckpointOfAForkIsRefused) {
  RecoveryOrder order = Order();
  order.checkpoint = vault_.signer().Checkpoint(2, base::Sha256(base::AsBytes("fork")));
  EXPECT_EQ(ReasonOf(order), "backup.other-vault");
  EXPECT_FALSE(fs::exists(new_data()));
}

TEST_F(RecoveryTest, ACheckpointOfAStrangerIsRefused) {
  RecoveryOrder order = Order();
  order.checkpoint = tests::NoteSigner("mallory.example/log").Checkpoint(900, {});
  EXPECT_EQ(ReasonOf(order), "backup.bad-checkpoint");
}

TEST_F(RecoveryTest, TheSameOriginIsRefused) {
  RecoveryOrder order = Order();
  order.origin = tests::kOldOrigin;
  EXPECT_EQ(ReasonOf(order), "recovery.same-origin");
  order.origin = "two words";
  EXPECT_EQ(ReasonOf(order), "recovery.bad-origin");
}

TEST_F(RecoveryTest, AFolderThatHoldsSomethingIsRefused) {
  fs::create_directory(new_data());
  EXPECT_EQ(ReasonOf(Order()), "recovered") << "an empty one is none";
  EXPECT_EQ(ReasonOf(Order()), "recovery.folder-in-use");
  RecoveryOrder order = Order();
  order.data = vault_.folder() / "file";
  std::ofstream(order.data) << "mine";
  EXPECT_EQ(ReasonOf(order), "recovery.folder-in-use");
}

TEST_F(RecoveryTest, ADamagedBackupLeavesNothing) {
  base::Bytes log = base::ReadFile(vault_.part(1, "log"), 1U << 20U).value();
  log.back() ^= 1;
  std::ofstream(vault_.part(1, "log"), std::ios::binary) << base::ToString(log);
  EXPECT_EQ(ReasonOf(Order()), "backup.damaged");
  EXPECT_FALSE(fs::exists(new_data()));
}

TEST_F(RecoveryTest, OneThatWasCutIsBegunAnew) {
  fs::create_directory(vault_.folder() / "new.recovering");
  std::ofstream(vault_.folder() / "new.recovering" / "lock") << "half";
  EXPECT_EQ(ReasonOf(Order()), "recovered");
  EXPECT_FALSE(fs::exists(vault_.folder() / "new.recovering"));
}

TEST_F(RecoveryTest, KilledAtAnyMomentThereIsAWholeFolderOrNone) {
  vault_.Close();
  for (useconds_t moment = 0; moment < 200'000; moment += 20'000) {
    tests::KillAfter(moment, [this] { static_cast<void>(Recover(Order())); });
    const bool was_there = fs::exists(new_data());
    EXPECT_EQ(ReasonOf(Order()), was_there ? "recovery.folder-in-use" : "recovered");
    EXPECT_EQ(NewLedger()->Head().value().size, 6U);
    fs::remove_all(new_data());
  }
}

TEST_F(RecoveryTest, WhatWasErasedAfterTheBackupIsNotBroughtBack) {
  RecoveryOrder order = Order();
  order.erased = {documents_[2].id, RecordId::New()};
  const Recovered recovered = Recover(order).value();
  EXPECT_EQ(recovered.erased, 1U);
  EXPECT_EQ(recovered.erased_unknown, 1U);
  const auto ledger = NewLedger();
  const auto keys = tests::OpenKeys(new_data());
  const auto has_key = [&](const Record& record) {
    return keys->PathsTo(std::span(&record.key, 1)).value().keys.front().has_value();
  };
  EXPECT_FALSE(has_key(documents_[2]));
  EXPECT_TRUE(has_key(documents_[1]));
  EXPECT_TRUE(has_key(documents_[3]));
  EXPECT_TRUE(ledger->Find(documents_[2].id).ok()) << "the entry stays";
}

TEST_F(RecoveryTest, KeysAreThoseOfTheNewestBackup) {
  vault_.Erase(256);
  vault_.AddLeaf(2, 1);
  vault_.Store("in the second leaf", 512);
  ASSERT_TRUE(vault_.BackUp().ok());
  ASSERT_EQ(ReasonOf(Order()), "recovered");
  const auto ledger = NewLedger();
  const auto keys = tests::OpenKeys(new_data());
  EXPECT_EQ(keys->Top().value(), tests::TopOf(2));
  EXPECT_EQ(keys->Unfinished().value(), vault_.keys().Unfinished().value());
  const std::vector<KeySlot> slots{{256}, {257}, {512}};
  const StoredPaths paths = keys->PathsTo(slots).value();
  EXPECT_FALSE(paths.keys[0].has_value());
  EXPECT_TRUE(paths.keys[1].has_value());
  EXPECT_TRUE(paths.keys[2].has_value());
  EXPECT_EQ(keys->Next().value().leaf, 3U);
}

TEST_F(RecoveryTest, OldReceiptsStillVerify) {
  const TreeHead head = vault_.ledger().Head().value();
  const std::string receipt =
      WriteReceipt({.record = vault_.ledger().Read({3}).value(),
                    .salt = {},
                    .proof = vault_.ledger().InclusionProof({3}, head.size).value(),
                    .checkpoint = later_});
  ASSERT_EQ(ReasonOf(Order()), "recovered");
  const auto verdict = VerifyReceipt(receipt, vault_.signer().VerifierKey(), std::nullopt);
  ASSERT_TRUE(verdict.ok());
  EXPECT_EQ(NewLedger()->Find(verdict.value().record.id).value().entry.value, 4U);
}

TEST_F(RecoveryTest, TheNewLogGoesOnUnderItsOwnNameAlone) {
  ASSERT_EQ(ReasonOf(Order()), "recovered");
  const auto ledger = NewLedger();
  EXPECT_EQ(RequireOrigin(*ledger, tests::kOldOrigin).error().reason, "recovery.same-origin");
  EXPECT_TRUE(RequireOrigin(*ledger, kNewOrigin).ok());
  const TreeHead head = ledger->Head().value();
  const tests::NoteSigner signer(kNewOrigin);
  ASSERT_TRUE(ledger->KeepCheckpoint(head.size, signer.Checkpoint(head.size, head.root)).ok());
  EXPECT_TRUE(RequireOrigin(*ledger, kNewOrigin).ok());
  EXPECT_EQ(RequireOrigin(*ledger, "vault.example/three").error().reason, "recovery.other-origin");
}

TEST_F(RecoveryTest, ALedgerThatWasNotRecoveredKeepsItsName) {
  ASSERT_TRUE(vault_.ledger().KeepCheckpoint(6, later_).ok());
  EXPECT_TRUE(RequireOrigin(vault_.ledger(), tests::kOldOrigin).ok());
  EXPECT_EQ(RequireOrigin(vault_.ledger(), kNewOrigin).error().reason, "recovery.other-origin");
}

TEST_F(RecoveryTest, ARecoveredVaultIsBackedUpAndRecoveredAgain) {
  ASSERT_EQ(ReasonOf(Order()), "recovered");
  const fs::path set = vault_.folder() / "set2";
  fs::create_directory(set);
  const tests::NoteSigner signer(kNewOrigin);
  {
    const auto ledger = NewLedger();
    const auto segments = Segments::Open(new_data()).value();
    const auto keys = tests::OpenKeys(new_data());
    const TreeHead head = ledger->Head().value();
    const Ledger::Checkpoint checkpoint{head.size, signer.Checkpoint(head.size, head.root)};
    const BackupSource source{*ledger, *segments, *keys};
    EXPECT_EQ(WriteBackup(source, vault_.set(), checkpoint, {}).error().reason,
              "backup.other-vault")
        << "a new log begins a new set";
    ASSERT_TRUE(WriteBackup(source, set, checkpoint, {}).ok());
  }
  RecoveryOrder order = Order();
  order.from = set;
  order.verifier_key = signer.VerifierKey();
  order.data = vault_.folder() / "third";
  order.origin = "vault.example/three";
  ASSERT_EQ(ReasonOf(order), "recovered");
  const auto third = Ledger::Open(order.data, tests::kSmallLedger).value();
  EXPECT_EQ(third->Head().value().size, 7U);
  EXPECT_EQ(OlderLogOf(*third).value().value().origin, kNewOrigin);
  EXPECT_TRUE(third->Find(documents_[0].id).ok());
}

}  // namespace
}  // namespace vault
