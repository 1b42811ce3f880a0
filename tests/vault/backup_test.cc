#include "vault/backup.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "base/file.h"
#include "tests/fakes/backed_up_vault.h"
#include "tests/fakes/killed_child.h"
#include "vault/backup_parts.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

class BackupTest : public testing::Test {
 protected:
  BackupMade BackUp() {
    const auto made = vault_.BackUp();
    EXPECT_TRUE(made.ok()) << made.error().message;
    return made.ok() ? made.value() : BackupMade{};
  }
  void Flip(const fs::path& file, std::size_t at) {
    base::Bytes content = base::ReadFile(file, std::size_t{1} << 20U).value();
    content.at(at) ^= 0x01;
    std::ofstream(file, std::ios::binary) << base::ToString(content);
  }
  std::string ReasonWith(const BackupCheck& check) const {
    const auto read = ReadBackup(vault_.set(), check, nullptr);
    return read.ok() ? "whole" : read.error().reason;
  }

  tests::BackedUpVault vault_;
};

TEST_F(BackupTest, HoldsAllThatTheVaultHas) {
  vault_.Store("one", 256);
  vault_.Store(std::string(3'000'000, 'x'), 257);
  const BackupMade made = BackUp();
  EXPECT_EQ(made.number, 1U);
  EXPECT_EQ(made.documents, 2U);
  const auto summary = vault_.Verify();
  ASSERT_TRUE(summary.ok()) << summary.error().message;
  EXPECT_EQ(summary.value().head, vault_.ledger().Head().value());
  EXPECT_EQ(summary.value().documents, 2U);
  EXPECT_EQ(summary.value().key_rows, 4U) << "the top, two nodes, a leaf";
  EXPECT_EQ(summary.value().origin, tests::kOldOrigin);
}

TEST_F(BackupTest, ADocumentThatLiesInItsEntryIsThatAlone) {
  Record record = tests::DocumentOf(ClientId::New());
  record.inline_content = base::Bytes(100, 7);
  record.content = {.segment = 0, .offset = 0, .length = 100};
  ASSERT_TRUE(vault_.ledger().Append(record).ok());
  vault_.Store("one", 256);
  BackUp();
  EXPECT_EQ(vault_.Verify().value().documents, 2U);
}

TEST_F(BackupTest, TheNextHoldsOnlyWhatIsNew) {
  vault_.Store(std::string(500'000, 'x'), 256);
  BackUp();
  vault_.AddLeaf(2, 1);
  vault_.Store("two", 512);
  const BackupMade next = BackUp();
  EXPECT_EQ(next.number, 2U);
  EXPECT_EQ(next.from, 1U);
  EXPECT_LT(next.bytes, 50'000U) << "two rows of the key tree, one small document";
  EXPECT_EQ(vault_.Verify().value().documents, 2U);
}

TEST_F(BackupTest, NothingNewWritesNothing) {
  vault_.Store("one", 256);
  BackUp();
  const BackupMade again = BackUp();
  EXPECT_TRUE(again.nothing_new);
  EXPECT_EQ(again.number, 1U);
  EXPECT_FALSE(fs::exists(vault_.set() / kUnfinishedFolder));
}

TEST_F(BackupTest, AnErasureAloneMakesABackup) {
  vault_.Store("one", 256);
  vault_.Store("two", 257);
  BackUp();
  vault_.Erase(256);
  const BackupMade made = BackUp();
  EXPECT_FALSE(made.nothing_new);
  EXPECT_EQ(made.from, made.to);
  EXPECT_EQ(vault_.VerifyReason(), "whole");
}

// Half a backup has no name; the next one takes it away.
TEST_F(BackupTest, OneThatWasCutIsNone) {
  vault_.Store("one", 256);
  fs::create_directory(vault_.set() / kUnfinishedFolder);
  std::ofstream(vault_.set() / kUnfinishedFolder / kLogPart) << "half";
  EXPECT_EQ(vault_.VerifyReason(), "backup.none");
  EXPECT_EQ(BackUp().number, 1U);
  EXPECT_EQ(vault_.VerifyReason(), "whole");
}

// Whatever the moment, the set is as before or one longer, and the next backup goes on.
TEST_F(BackupTest, KilledAtAnyMomentTheSetStaysWhole) {
  for (std::uint32_t round = 0; round < 12; ++round) {
    vault_.Store(std::string(4'000'000, 'x'), 256 + round);
    vault_.Close();
    tests::KillAfter(round * 4'000, [this] {
      vault_.Open();
      static_cast<void>(vault_.BackUp());
    });
    const std::string after = vault_.VerifyReason();
    EXPECT_TRUE(after == "whole" || (round == 0 && after == "backup.none")) << after;
    vault_.Open();
    BackUp();
    EXPECT_EQ(vault_.Verify().value().head, vault_.ledger().Head().value());
  }
}

TEST_F(BackupTest, AFolderThatIsNotThereIsNotMade) {
  fs::remove(vault_.set());
  vault_.Store("one", 256);
  EXPECT_EQ(vault_.BackUp().error().reason, "backup.no-folder");
  EXPECT_FALSE(fs::exists(vault_.set()));
}

TEST_F(BackupTest, EveryChangedByteIsNoticed) {
  vault_.Store("one", 256);
  BackUp();
  vault_.Store("two", 257);
  BackUp();
  for (const std::string_view name : {kLogPart, kKeysPart, kManifestFile}) {
    for (const std::uint64_t number : {1U, 2U}) {
      const fs::path file = vault_.part(number, name);
      const std::size_t step = std::max<std::size_t>(fs::file_size(file) / 40, 1);
      for (std::size_t at = 0; at < fs::file_size(file); at += step) {
        Flip(file, at);
        EXPECT_NE(vault_.VerifyReason(), "whole") << number << " " << name << " at " << at;
        Flip(file, at);
      }
    }
  }
  EXPECT_EQ(vault_.VerifyReason(), "whole");
}

TEST_F(BackupTest, AMissingOneInTheMiddleIsNoticed) {
  for (const std::uint32_t slot : {256U, 257U, 258U}) {
    vault_.Store("text", slot);
    BackUp();
  }
  fs::remove_all(vault_.part(2, ""));
  EXPECT_EQ(vault_.VerifyReason(), "backup.damaged");
  EXPECT_EQ(vault_.BackUp().error().reason, "backup.damaged");
}

TEST_F(BackupTest, AnOlderOnePassedForTheNewestIsToldByACheckpoint) {
  vault_.Store("one", 256);
  BackUp();
  vault_.Store("two", 257);
  const std::string newest = vault_.Checkpoint().note;
  const std::string key = vault_.signer().VerifierKey();
  EXPECT_EQ(ReasonWith({.verifier_key = key, .known_checkpoint = newest}), "backup.older");
  EXPECT_EQ(ReasonWith({.verifier_key = key, .known_checkpoint = newest, .may_be_older = true}),
            "whole");
  BackUp();
  EXPECT_EQ(ReasonWith({.verifier_key = key, .known_checkpoint = newest}), "whole");
}

TEST_F(BackupTest, AForkIsToldByACheckpoint) {
  vault_.Store("one", 256);
  const std::string forked = vault_.signer().Checkpoint(1, base::Sha256(base::AsBytes("other")));
  BackUp();
  EXPECT_EQ(ReasonWith({.verifier_key = vault_.signer().VerifierKey(), .known_checkpoint = forked}),
            "backup.other-vault");
}

TEST_F(BackupTest, AnotherKeyDoesNotVerifyIt) {
  vault_.Store("one", 256);
  BackUp();
  const tests::NoteSigner stranger(tests::kOldOrigin);
  EXPECT_EQ(ReasonWith({.verifier_key = stranger.VerifierKey()}), "backup.other-vault");
  EXPECT_EQ(ReasonWith({.verifier_key = "no key"}), "receipt.bad-verifier-key");
  EXPECT_EQ(ReasonWith({.verifier_key = vault_.signer().VerifierKey(),
                        .known_checkpoint = stranger.Checkpoint(1, {})}),
            "backup.bad-checkpoint");
}

TEST_F(BackupTest, AnotherVaultDoesNotGoOnWithTheSet) {
  vault_.Store("one", 256);
  BackUp();
  tests::BackedUpVault other;
  other.Store("theirs", 256);
  fs::copy(vault_.set(), other.set(), fs::copy_options::recursive);
  EXPECT_EQ(other.BackUp().error().reason, "backup.other-vault");
}

// A vault that was set back would overwrite the only copy of what it lost.
TEST_F(BackupTest, AnOlderCopyOfTheVaultDoesNotGoOnWithTheSet) {
  vault_.Store("one", 256);
  vault_.Close();
  fs::copy(vault_.data(), vault_.folder() / "old", fs::copy_options::recursive);
  vault_.Open();
  vault_.Store("two", 257);
  BackUp();
  vault_.Close();
  fs::remove_all(vault_.data());
  fs::rename(vault_.folder() / "old", vault_.data());
  vault_.Open();
  EXPECT_EQ(vault_.BackUp().error().reason, "backup.other-vault");
}

TEST_F(BackupTest, DamagedCiphertextIsNotBackedUp) {
  const Record record = vault_.Store("one", 256);
  for (const auto& file : fs::directory_iterator(vault_.data() / "segments"))
    if (file.path().extension() == ".vseg") Flip(file.path(), record.content.offset + 20);
  EXPECT_EQ(vault_.BackUp().error().reason, "segment.damaged");
  EXPECT_EQ(vault_.VerifyReason(), "backup.none");
}

TEST_F(BackupTest, AppendsGoOnMeanwhile) {
  for (std::uint32_t slot = 256; slot < 306; ++slot) vault_.Store(std::string(100'000, 'x'), slot);
  std::atomic<bool> done = false;
  std::thread appender([&] {
    for (std::uint32_t slot = 306; slot < 500 && !done; ++slot) vault_.Store("beside", slot);
  });
  BackUp();
  done = true;
  appender.join();
  EXPECT_EQ(vault_.VerifyReason(), "whole");
  BackUp();
  EXPECT_EQ(vault_.Verify().value().head, vault_.ledger().Head().value());
}

}  // namespace
}  // namespace vault
