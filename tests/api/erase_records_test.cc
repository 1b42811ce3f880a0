#include "api/flow/erase_records.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <set>
#include <thread>

#include "tests/fakes/fixed_clock.h"
#include "tests/fakes/key_rows.h"
#include "tests/fakes/killed_vault.h"
#include "tests/fakes/temp_dir.h"
#include "tests/fakes/vault_records.h"

namespace api {
namespace {

namespace fs = std::filesystem;
using vault::KeySlot;
using vault::RecordId;

// One process: what it has in memory dies with it. The token and the data do not.
struct Life {
  Life(const fs::path& data, tests::FakeRoots& token)
      : ledger(vault::Ledger::Open(data, tests::kSmallLedger).value()),
        store(tests::OpenKeys(data)),
        roots(token, fate) {}

  tests::Fate fate;
  std::unique_ptr<vault::Ledger> ledger;
  std::unique_ptr<vault::KeyStore> store;
  tests::KilledLedger mortal_ledger{*ledger, fate};
  tests::KilledKeyStore mortal_store{*store, fate};
  tests::KilledRoots roots;
  tests::FakeVaultKeys keys{roots};
  const tests::FixedClock clock;
  RecordKeys record_keys{mortal_store, keys};
  base::Status backed_up = base::Ok();  // What is answered before an old root key goes.
  int asked_for_backup = 0;
  EraseRecords erase{mortal_ledger, mortal_store, keys, record_keys, clock, [this] {
                       ++asked_for_backup;
                       return backed_up;
                     }};
};

class EraseRecordsTest : public testing::Test {
 protected:
  EraseRecordsTest() { Restart(); }

  void Restart() {
    life_.reset();
    life_ = std::make_unique<Life>(data_, token_);
  }
  RecordId Put() {
    const NewKey key = life_->record_keys.Take().value();
    vault::Record record = tests::DocumentOf(client_);
    record.key = key.slot;
    record.sealed = SealMetadata(key.key, record.id, base::Json().Set("name", record.id.Text()));
    EXPECT_TRUE(life_->ledger->Append(record).ok());
    return record.id;
  }
  std::vector<RecordId> PutMany(std::size_t count) {
    std::vector<RecordId> ids;
    while (ids.size() < count) ids.push_back(Put());
    return ids;
  }
  // So many, with `apart` slots from one to the next.
  std::vector<RecordId> PutSpread(std::size_t count, int apart) {
    std::vector<RecordId> ids;
    while (ids.size() < count) {
      ids.push_back(Put());
      for (int i = 1; i < apart; ++i) EXPECT_TRUE(life_->record_keys.Take().ok());
    }
    return ids;
  }
  KeySlot SlotOf(const RecordId& id) { return life_->ledger->Find(id).value().record.key; }

  // "read" when the record's metadata is what was put in, else why not.
  std::string Read(const RecordId& id) {
    const vault::Record record = life_->ledger->Find(id).value().record;
    const auto key = life_->record_keys.Open(hsm::KeyUse::kRead, record.key);
    if (!key.ok()) return key.error().reason;
    const auto metadata = OpenMetadata(key.value(), record);
    if (!metadata.ok()) return metadata.error().reason;
    return metadata.value().Text("name") == id.Text() ? "read" : "wrong";
  }
  std::size_t CountOf(const std::vector<RecordId>& ids, const std::string& what) {
    return static_cast<std::size_t>(
        std::ranges::count_if(ids, [&](const RecordId& id) { return Read(id) == what; }));
  }
  ErasureRequest Request(std::vector<RecordId> ids) const {
    return {
        .records = std::move(ids), .reason = "a court ordered it", .mandate = "", .approvals = {}};
  }
  base::Result<Erased> Erase(std::vector<RecordId> ids) {
    return life_->erase.Run(operator_, Request(std::move(ids)));
  }
  std::string Refused(std::vector<RecordId> ids) {
    const auto erased = Erase(std::move(ids));
    return erased.ok() ? "erased" : erased.error().reason;
  }
  // Entries of erasures, intents and completions.
  std::vector<vault::Record> Entries() {
    std::vector<vault::Record> found;
    const std::uint64_t size = life_->ledger->Head().value().size;
    for (std::uint64_t i = 0; i < size; ++i) {
      vault::Record record = life_->ledger->Read({i}).value().record;
      if (record.kind == vault::RecordKind::kErasure) found.push_back(std::move(record));
    }
    return found;
  }
  fs::path CopyKeys(const std::string& name) {
    const fs::path copy = folder_.path() / name;
    fs::create_directories(copy);
    fs::copy(data_ / "keys", copy / "keys", fs::copy_options::recursive);
    return copy;
  }

  const tests::TempDir folder_;
  const fs::path data_ = folder_.path() / "data";
  const vault::ClientId client_ = vault::ClientId::New();
  const Caller operator_{"disposal", CallerRole::kOperator, "vid", {}};
  tests::FakeRoots token_;
  std::unique_ptr<Life> life_;
};

TEST_F(EraseRecordsTest, WhatIsErasedIsGoneAndAllElseIsThere) {
  const std::vector<RecordId> ids = PutSpread(24, 25);
  const std::vector<RecordId> gone{ids[0], ids[10], ids[11], ids[23]};
  ASSERT_TRUE(Erase(gone).ok());
  EXPECT_EQ(CountOf(gone, "key.erased"), gone.size());
  EXPECT_EQ(CountOf(ids, "read"), ids.size() - gone.size());
  Restart();
  EXPECT_TRUE(life_->erase.Settle().ok());
  EXPECT_EQ(CountOf(gone, "key.erased"), gone.size());
  EXPECT_EQ(CountOf(ids, "read"), ids.size() - gone.size());
}

TEST_F(EraseRecordsTest, TheLedgerSaysBeforeAndAfterWhatWasErasedAndWhichRootKeysThereWere) {
  const std::vector<RecordId> ids = PutMany(3);
  const Erased erased = Erase({ids[2], ids[0]}).value();
  EXPECT_TRUE(erased.is_complete);
  const std::vector<vault::Record> entries = Entries();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].id, erased.id);
  EXPECT_EQ(entries[0].subject, RecordId{});
  EXPECT_EQ(entries[1].subject, erased.id);
  for (const vault::Record& entry : entries) {
    EXPECT_EQ(entry.commitment, vault::ErasureCommitment({ids[0], ids[2]}));
    EXPECT_EQ(entry.agency, "vid");
    EXPECT_EQ(entry.root_before, 1U);
    EXPECT_EQ(entry.root_after, 2U);
  }
  const auto key = life_->record_keys.Open(hsm::KeyUse::kRead, entries[0].key).value();
  EXPECT_EQ(OpenMetadata(key, entries[0]).value().Text("reason"), "a court ordered it");
}

TEST_F(EraseRecordsTest, TheCommitmentIsOverTheSortedIdsWhateverTheirOrder) {
  const RecordId one = RecordId::New();
  const RecordId two = RecordId::New();
  EXPECT_EQ(vault::ErasureCommitment({one, two, one}), vault::ErasureCommitment({two, one}));
  base::Bytes sorted;
  for (const RecordId& id : {std::min(one, two), std::max(one, two)})
    base::Append(id.span(), sorted);
  EXPECT_EQ(vault::ErasureCommitment({one, two}), base::Sha256(sorted));
}

// The attacker has every copy of keys/ that ever was, and the token as it is now.
TEST_F(EraseRecordsTest, NoCopyOfTheKeysAndTheTokenOfTodayOpenWhatWasErased) {
  std::vector<fs::path> copies;
  std::vector<RecordId> gone;
  std::vector<RecordId> kept;
  for (int round = 0; round < 4; ++round) {
    const std::vector<RecordId> ids = PutSpread(6, 50);
    copies.push_back(CopyKeys("before" + std::to_string(round)));
    gone.insert(gone.end(), {ids[0], ids[2], ids[5]});
    kept.insert(kept.end(), {ids[1], ids[4]});
    ASSERT_TRUE(Erase({ids[0], ids[2], ids[5]}).ok());
    copies.push_back(CopyKeys("after" + std::to_string(round)));
  }
  std::vector<KeySlot> erased_slots;
  for (const RecordId& id : gone) erased_slots.push_back(SlotOf(id));
  const auto now = life_->store->PathsTo(std::vector<KeySlot>{SlotOf(kept[0])}).value();

  int tried = 0;
  for (const fs::path& copy : copies) {
    const auto old = tests::OpenKeys(copy);
    tests::FakeVaultKeys keys(token_);
    RecordKeys as_it_was(*old, keys);
    for (const KeySlot slot : erased_slots) {
      const auto paths = old->PathsTo(std::vector<KeySlot>{slot});
      if (!paths.ok() || !paths.value().keys[0]) continue;  // Not there yet, or any more.
      ++tried;
      EXPECT_EQ(as_it_was.Open(hsm::KeyUse::kRead, slot).error().reason, "key.root-unknown");
      // Old rows under the new top, in the keyholder that did the erasing and in a fresh one.
      hsm::KeyPaths mixed{ToHsm(now.top), {}};
      for (const vault::StoredKey& node : paths.value().nodes) mixed.nodes.push_back(ToHsm(node));
      for (hsm::VaultKeys* holder :
           {static_cast<hsm::VaultKeys*>(&keys), static_cast<hsm::VaultKeys*>(&life_->keys)}) {
        const auto opened =
            holder->OpenKeys(hsm::KeyUse::kRead, mixed, {ToHsm(*paths.value().keys[0])});
        EXPECT_EQ(opened.error().reason, "key.unwrap-failed");
        // With the new nodes above, as far as they are the same place.
        hsm::KeyPaths newer{ToHsm(now.top), {}};
        for (const vault::StoredKey& node :
             life_->store->PathsTo(std::vector<KeySlot>{slot}).value().nodes)
          newer.nodes.push_back(ToHsm(node));
        EXPECT_FALSE(
            holder->OpenKeys(hsm::KeyUse::kRead, newer, {ToHsm(*paths.value().keys[0])}).ok());
      }
    }
  }
  EXPECT_GE(tried, 12);
  // The trial itself works: what was not erased opens by the newest copy.
  tests::FakeVaultKeys keys(token_);
  const auto newest = tests::OpenKeys(copies.back());
  RecordKeys by_the_newest(*newest, keys);
  for (const RecordId& id : kept)
    EXPECT_TRUE(by_the_newest.Open(hsm::KeyUse::kRead, SlotOf(id)).ok());
}

// Kills at each step of an erasure, and starts again.
TEST_F(EraseRecordsTest, AfterAKillAtAnyStepThereIsOneRootKeyAndAllOfItOrNothing) {
  int died = 0;
  int undone = 0;
  for (int step = 0;; ++step) {
    const std::vector<RecordId> ids = PutMany(4);
    const std::vector<RecordId> gone{ids[0], ids[3]};
    const std::size_t entries = Entries().size();
    life_->fate = {.die_at = step, .steps = 0};
    bool killed = false;
    try {
      static_cast<void>(Erase(gone));
    } catch (const tests::Killed&) {
      killed = true;
    }
    Restart();
    ASSERT_TRUE(life_->erase.Settle().ok()) << step;
    ASSERT_EQ(token_.roots.size(), 1U) << step;
    EXPECT_EQ(token_.roots.begin()->first, life_->store->Top().value()->generation) << step;
    EXPECT_EQ(Read(ids[1]), "read") << step;
    EXPECT_EQ(Read(ids[2]), "read") << step;
    const bool erased = Read(ids[0]) == "key.erased";
    EXPECT_EQ(Read(ids[3]), erased ? "key.erased" : "read") << step;
    EXPECT_EQ(life_->store->Unfinished().value(), std::nullopt) << step;
    const auto after = Entries();
    const auto completions = std::ranges::count_if(
        after.begin() + static_cast<std::ptrdiff_t>(entries), after.end(),
        [](const vault::Record& entry) { return entry.subject != RecordId{}; });
    EXPECT_EQ(completions, erased ? 1 : 0) << step;
    died += killed ? 1 : 0;
    undone += erased ? 0 : 1;
    if (!killed) break;
    // And what was undone can be done.
    if (erased) continue;
    EXPECT_TRUE(Erase(gone).ok()) << step;
  }
  EXPECT_GE(died, 12);
  EXPECT_GE(undone, 4);
  EXPECT_LT(undone, died);
}

// The process dies again while it ends what the first left.
TEST_F(EraseRecordsTest, AKillWhileItIsSettledIsSettledByTheNext) {
  for (int step = 0;; ++step) {
    const std::vector<RecordId> ids = PutMany(2);
    // Directly before the old root key is destroyed.
    life_->fate = {.die_at = 12, .steps = 0};
    try {
      static_cast<void>(Erase({ids[0]}));
      FAIL() << "it was to die";
    } catch (const tests::Killed&) {
    }
    Restart();
    life_->fate = {.die_at = step, .steps = 0};
    bool killed = false;
    try {
      static_cast<void>(life_->erase.Settle());
    } catch (const tests::Killed&) {
      killed = true;
    }
    Restart();
    ASSERT_TRUE(life_->erase.Settle().ok()) << step;
    ASSERT_EQ(token_.roots.size(), 1U) << step;
    EXPECT_EQ(Read(ids[0]), "key.erased") << step;
    EXPECT_EQ(Read(ids[1]), "read") << step;
    if (!killed) break;
  }
}

TEST_F(EraseRecordsTest, ATokenThatIsAwayAtTheEndLeavesItUnfinishedUntilItIsBack) {
  const std::vector<RecordId> ids = PutMany(2);
  int kept = 0;
  life_->keys.before_erasing = [&](const char* call) {
    if (std::string(call) == "KeepRoot" && ++kept == 2)
      life_->keys.next_error = base::Error{base::ErrorCode::kUnavailable, "token.absent", "gone"};
  };
  const Erased erased = Erase({ids[0]}).value();
  EXPECT_FALSE(erased.is_complete);
  EXPECT_EQ(Read(ids[0]), "key.erased");
  EXPECT_EQ(token_.roots.size(), 2U);
  EXPECT_EQ(Entries().size(), 1U) << "not said to be done";
  ASSERT_TRUE(life_->erase.Settle().ok());
  EXPECT_EQ(token_.roots.size(), 1U);
  EXPECT_EQ(Entries().size(), 2U);
}

// An older backup opens with nothing once the old root key is gone.
TEST_F(EraseRecordsTest, TheOldRootKeyStaysUntilTheNewTreeIsBackedUp) {
  const std::vector<RecordId> ids = PutMany(2);
  EXPECT_EQ(life_->asked_for_backup, 0);
  life_->backed_up =
      base::Error{base::ErrorCode::kUnavailable, "erasure.waits-for-backup", "not mounted"};
  const Erased erased = Erase({ids[0]}).value();
  EXPECT_FALSE(erased.is_complete);
  EXPECT_EQ(Read(ids[0]), "key.erased");
  EXPECT_EQ(token_.roots.size(), 2U);
  EXPECT_EQ(life_->erase.Settle().error().reason, "erasure.waits-for-backup");
  Restart();
  ASSERT_TRUE(life_->erase.Settle().ok());
  EXPECT_EQ(life_->asked_for_backup, 1) << "by the process that found it unfinished";
  EXPECT_EQ(token_.roots.size(), 1U);
  ASSERT_TRUE(life_->erase.Settle().ok());
  EXPECT_EQ(life_->asked_for_backup, 1) << "nothing is left";
}

// The keyholder died over it, say: the service itself goes on.
TEST_F(EraseRecordsTest, AFailureBeforeTheNewTreeTakesTheNewRootKeyBack) {
  const std::vector<RecordId> ids = PutMany(2);
  life_->keys.before_erasing = [&](const char* call) {
    if (std::string(call) == "Rekey")
      life_->keys.next_error = base::Error{base::ErrorCode::kUnavailable, "channel.role-down", ""};
  };
  EXPECT_EQ(Refused({ids[0]}), "channel.role-down");
  EXPECT_EQ(token_.roots.size(), 1U);
  EXPECT_TRUE(life_->erase.IsSettled());
  int kept = 0;
  life_->keys.before_erasing = [&](const char* call) {
    if (std::string(call) != "KeepRoot" || ++kept == 2)
      life_->keys.next_error = base::Error{base::ErrorCode::kUnavailable, "token.absent", ""};
    if (std::string(call) == "NewRoot") life_->keys.next_error.reset();
  };
  EXPECT_EQ(Refused({ids[0]}), "token.absent");
  EXPECT_EQ(token_.roots.size(), 2U);
  EXPECT_FALSE(life_->erase.IsSettled()) << "and so it is tried again";
  ASSERT_TRUE(life_->erase.Settle().ok());
  EXPECT_EQ(token_.roots.size(), 1U);
  EXPECT_EQ(CountOf(ids, "read"), 2U);
}

TEST_F(EraseRecordsTest, WithoutApprovalNothingIsErasedAndNothingIsSaid) {
  const std::vector<RecordId> ids = PutMany(1);
  life_->keys.before_erasing = [&](const char* call) {
    if (std::string(call) == "NewRoot")
      life_->keys.next_error = base::Error{base::ErrorCode::kDenied, "ceremony.too-few", ""};
  };
  EXPECT_EQ(Refused(ids), "ceremony.too-few");
  EXPECT_EQ(Read(ids[0]), "read");
  EXPECT_TRUE(Entries().empty());
}

TEST_F(EraseRecordsTest, WhatCannotBeErasedIsRefusedWhole) {
  const std::vector<RecordId> ids = PutMany(2);
  EXPECT_EQ(Refused({}), "erasure.malformed");
  EXPECT_EQ(Refused(std::vector<RecordId>(4097)), "erasure.malformed");
  EXPECT_EQ(Refused({ids[0], RecordId::New()}), "record.unknown");
  vault::Record client = tests::ClientWith(vault::ClientId::New(), "alias");
  ASSERT_TRUE(life_->ledger->Append(client).ok());
  EXPECT_EQ(Refused({ids[0], client.id}), "erasure.no-key");
  ErasureRequest request = Request({ids[0]});
  request.reason = "";
  EXPECT_EQ(life_->erase.Run(operator_, request).error().reason, "erasure.malformed");
  EXPECT_EQ(CountOf(ids, "read"), 2U);
  ASSERT_TRUE(Erase({ids[0]}).ok());
  EXPECT_EQ(Refused({ids[0]}), "erasure.nothing-left");
  EXPECT_EQ(Refused(ids), "erased");
}

TEST_F(EraseRecordsTest, AnOlderCopyOfTheKeysIsNotRun) {
  const std::vector<RecordId> ids = PutMany(3);
  const fs::path before = CopyKeys("before");
  ASSERT_TRUE(Erase({ids[0]}).ok());
  life_.reset();
  fs::remove_all(data_ / "keys");
  fs::copy(before / "keys", data_ / "keys", fs::copy_options::recursive);
  Restart();
  const base::Status settled = life_->erase.Settle();
  EXPECT_EQ(settled.error().reason, "key.root-unknown");
  EXPECT_EQ(settled.error().code, base::ErrorCode::kConflict);
  EXPECT_EQ(token_.roots.size(), 1U) << "and nothing was destroyed";
}

TEST_F(EraseRecordsTest, KeysThatLackTheNewestRecordsAreNotRun) {
  PutMany(1);
  const fs::path before = CopyKeys("before");
  PutSpread(3, 200);
  life_.reset();
  fs::remove_all(data_ / "keys");
  fs::copy(before / "keys", data_ / "keys", fs::copy_options::recursive);
  Restart();
  EXPECT_EQ(life_->erase.Settle().error().reason, "key.tree-behind");
}

TEST_F(EraseRecordsTest, ReadersAndWritersGoOnWhileKeysAreErased) {
  const std::vector<RecordId> ids = PutSpread(60, 10);
  std::atomic<bool> over = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 2; ++t) {
      threads.emplace_back([&] {
        while (!over) {
          if (Read(ids[30]) != "read") ++wrong;
          if (Read(Put()) != "read") ++wrong;
          ++done;
        }
      });
    }
    for (std::size_t i = 0; i < 20; ++i)
      if (!Erase({ids[i], ids[59 - i]}).ok()) ++wrong;
    while (done == 0) std::this_thread::yield();
    over = true;
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(token_.roots.size(), 1U);
}

class SlotsTest : public EraseRecordsTest {};

TEST_F(SlotsTest, NoSlotIsGivenOutTwiceThroughKills) {
  std::set<std::uint32_t> given;
  for (int step = 0; step < 40; ++step) {
    life_->fate = {.die_at = step % 8, .steps = 0};
    try {
      for (int i = 0; i < 300; ++i) {
        const auto taken = life_->record_keys.Take();
        ASSERT_TRUE(taken.ok()) << taken.error().message;
        ASSERT_TRUE(given.insert(taken.value().slot.value).second) << "a slot was given twice";
      }
    } catch (const tests::Killed&) {
    }
    Restart();
  }
  EXPECT_GT(given.size(), 1000U);
  EXPECT_FALSE(given.contains(0));
}

TEST_F(SlotsTest, OneCallInManyAsksTheKeyholder) {
  PutSpread(1, 255);
  const int before = life_->keys.calls;
  PutMany(1);
  EXPECT_EQ(life_->keys.calls, before);
  PutMany(1);
  EXPECT_EQ(life_->keys.calls, before + 1);
}

TEST_F(SlotsTest, ManySlotsOpenInOrderWithGapsForWhatIsErased) {
  const RecordId first = Put();
  std::vector<KeySlot> slots{SlotOf(first)};
  while (slots.size() < 299) slots.push_back(life_->record_keys.Take().value().slot);
  const RecordId last_id = Put();
  slots.push_back(SlotOf(last_id));
  ASSERT_TRUE(Erase({first}).ok());
  const auto keys = life_->record_keys.OpenAll(hsm::KeyUse::kHistory, slots).value();
  ASSERT_EQ(keys.size(), 300U);
  for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(keys[i].has_value(), i != 0) << i;
  const vault::Record last = life_->ledger->Find(last_id).value().record;
  EXPECT_TRUE(OpenMetadata(*keys[299], last).ok());
}

}  // namespace
}  // namespace api
