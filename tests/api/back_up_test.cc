#include "api/flow/back_up.h"

#include <gtest/gtest.h>

#include "api/flow/backup_desk.h"
#include "base/file.h"
#include "tests/fakes/backed_up_vault.h"
#include "tests/fakes/config_case.h"
#include "tests/fakes/fake_vault_keys.h"
#include "tests/fakes/fixed_clock.h"
#include "vault/recovery.h"

namespace api {
namespace {

namespace fs = std::filesystem;

class BackUpTest : public testing::Test {
 protected:
  // The checkpoint is kept already, so no token is asked.
  void SetUp() override {
    vault_.Store("one", 256);
    const auto checkpoint = vault_.Checkpoint();
    ASSERT_TRUE(vault_.ledger().KeepCheckpoint(checkpoint.size, checkpoint.note).ok());
  }
  BackUp To(std::optional<fs::path> folder) {
    return BackUp({vault_.ledger(), vault_.segments(), vault_.keys()}, publish_, std::move(folder),
                  clock_);
  }

  tests::BackedUpVault vault_;
  tests::FakeVaultKeys keys_;
  CheckpointAnchor anchor_{"", tests::kOldOrigin};
  PublishCheckpoint publish_{vault_.ledger(), keys_, anchor_};
  const tests::FixedClock clock_;
};

TEST_F(BackUpTest, TheDeskMakesOneWhenAsked) {
  BackUp back_up = To(vault_.set());
  BackupDesk desk(back_up, std::chrono::seconds{0});
  desk.Start();
  EXPECT_EQ(desk.Look(1, std::chrono::seconds{0}).error().reason, "backup.unknown");
  const std::uint64_t run = desk.Ask().value();
  const auto outcome = desk.Look(run, std::chrono::seconds{60});
  ASSERT_TRUE(outcome.ok() && outcome.value().is_done);
  EXPECT_EQ(outcome.value().made.value().documents, 1U);
  EXPECT_EQ(vault_.VerifyReason(), "whole");
  EXPECT_FALSE(desk.IsFailing());
}

TEST_F(BackUpTest, TheDeskMakesOneAtStartWhenItHasAPeriod) {
  BackUp back_up = To(vault_.set());
  BackupDesk desk(back_up, std::chrono::hours{1});
  desk.Start();
  EXPECT_TRUE(desk.Look(1, std::chrono::seconds{60}).value().is_done);
}

TEST_F(BackUpTest, AFailureIsTold) {
  BackUp back_up = To(vault_.folder() / "not-mounted");
  BackupDesk desk(back_up, std::chrono::seconds{0});
  desk.Start();
  const auto outcome = desk.Look(desk.Ask().value(), std::chrono::seconds{60});
  EXPECT_EQ(outcome.value().made.error().reason, "backup.no-folder");
  EXPECT_TRUE(desk.IsFailing());
  EXPECT_EQ(back_up.BeforeRootKeyGoes().error().reason, "erasure.waits-for-backup");
}

TEST_F(BackUpTest, WithoutAFolderThereIsNoneAndNothingWaitsForIt) {
  BackUp back_up = To(std::nullopt);
  BackupDesk desk(back_up, std::chrono::seconds{0});
  desk.Start();
  EXPECT_EQ(desk.Ask().error().reason, "backup.not-configured");
  EXPECT_TRUE(back_up.BeforeRootKeyGoes().ok());
}

class RecoveredAnchorTest : public BackUpTest {
 protected:
  void SetUp() override {
    BackUpTest::SetUp();
    ASSERT_TRUE(vault_.BackUp().ok());
    ASSERT_TRUE(vault::Recover({.from = vault_.set(),
                                .data = vault_.folder() / "new",
                                .verifier_key = vault_.signer().VerifierKey(),
                                .origin = kNewOrigin,
                                .checkpoint = std::nullopt,
                                .erased = {},
                                .now = {}})
                    .ok());
    recovered_ = vault::Ledger::Open(vault_.folder() / "new", tests::kSmallLedger).value();
  }
  // Of a ledger whose volume held that anchor.
  std::string ReasonOf(const std::string& note, const vault::Ledger& ledger) {
    const fs::path file = vault_.folder() / "anchor";
    EXPECT_TRUE(base::ReplaceFile(file, base::AsBytes(note), 0600).ok());
    const base::Status checked = CheckpointAnchor(file, kNewOrigin).Check(ledger);
    return checked.ok() ? "accepted" : checked.error().reason;
  }

  static constexpr const char* kNewOrigin = "vault.example/two";
  std::unique_ptr<vault::Ledger> recovered_;
};

TEST_F(RecoveredAnchorTest, AcceptsTheLogThatWasRecoveredFromItsOwn) {
  EXPECT_EQ(ReasonOf(vault_.Checkpoint().note, *recovered_), "accepted");
}

TEST_F(RecoveredAnchorTest, RefusesARecoveryThatKnewLess) {
  vault_.Store("two", 257);
  EXPECT_EQ(ReasonOf(vault_.Checkpoint().note, *recovered_), "ledger.rolled-back");
}

TEST_F(RecoveredAnchorTest, RefusesARecoveryFromAFork) {
  const std::string fork =
      vault_.signer().Checkpoint(1, base::Sha256(base::AsBytes("another entry")));
  EXPECT_EQ(ReasonOf(fork, *recovered_), "ledger.rolled-back");
}

TEST_F(RecoveredAnchorTest, RefusesWhateverWasNotRecoveredFromIt) {
  EXPECT_EQ(ReasonOf(vault_.Checkpoint().note, vault_.ledger()), "anchor.damaged");
  const tests::NoteSigner stranger("vault.example/other");
  EXPECT_EQ(ReasonOf(stranger.Checkpoint(1, {}), *recovered_), "anchor.damaged");
}

class BackupConfigTest : public tests::ConfigCase {};

TEST_F(BackupConfigTest, NamesAFolderAndAPeriod) {
  const auto config = Read("[backup]\nto = \"/volume\"\nevery_minutes = 5\n");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config.value().backup->to, "/volume");
  EXPECT_EQ(config.value().backup->every, std::chrono::minutes{5});
  EXPECT_EQ(Read("[backup]\nto = \"v\"\n").value().backup->every, std::chrono::minutes{60});
  EXPECT_FALSE(Read("").value().backup.has_value());
  EXPECT_NE(Complaint("[backup]\nevery_minutes = 5\n"), "");
  EXPECT_NE(Complaint("[backup]\nto = \"v\"\nevery_minutes = -1\n"), "");
}

}  // namespace
}  // namespace api
