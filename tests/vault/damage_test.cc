// One flipped bit on the disk is an error, never a wrong answer.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include "base/file.h"
#include "tests/fakes/key_rows.h"
#include "tests/fakes/temp_dir.h"
#include "tests/fakes/vault_records.h"
#include "vault/lmdb.h"
#include "vault/merkle.h"
#include "vault/proof.h"
#include "vault/record_codec.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kEntries = 40;

class DamageTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Ledger::Open(data_, tests::kSmallLedger);
    ASSERT_TRUE(opened.ok());
    for (std::uint64_t i = 0; i < kEntries; ++i) {
      records_.push_back(i == 0       ? tests::ClientWith(client_, "alias")
                         : i % 3 == 0 ? tests::AccessOf(client_, records_[1].id)
                                      : tests::DocumentOf(client_));
      ASSERT_TRUE(opened.value()->Append(records_.back()).ok());
      heads_.push_back(opened.value()->Head().value());
    }
    ASSERT_TRUE(opened.value()->KeepCheckpoint(kEntries, "note\n").ok());
    const auto keys = KeyStore::Open(data_, tests::kSmallKeys);
    ASSERT_TRUE(keys.ok());
    ASSERT_TRUE(keys.value()->Begin(tests::TopOf(1)).ok());
    ASSERT_TRUE(keys.value()->AddLeaf(1, leaf_.nodes, leaf_.row).ok());
  }

  // Applies `change` to the value of a row of the closed environment.
  template <typename Change>
  void ChangeValue(const char* environment_name, const char* table, base::ByteSpan key,
                   Change change) {
    auto environment = LmdbEnvironment::Open(
        data_ / environment_name, {.max_bytes = tests::kSmallLedger.max_bytes, .synced = false});
    ASSERT_TRUE(environment.ok());
    const LmdbTable rows = environment.value().Table(table).value();
    LmdbTransaction transaction = environment.value().BeginWrite().value();
    const auto found = transaction.Get(rows, key).value();
    ASSERT_TRUE(found);
    base::Bytes value(found->begin(), found->end());
    change(value);
    ASSERT_TRUE(transaction.Put(rows, key, value).ok());
    ASSERT_TRUE(std::move(transaction).Commit().ok());
  }

  static base::Bytes EntryKey(std::uint64_t entry) {
    base::Bytes key;
    base::AppendUint64(entry, key);
    return key;
  }

  enum class Answers { kAllRight, kErrors, kWrong };

  Answers Judge() const {
    errors_ = 0;
    if (!AnswersAreRightOrErrors()) return Answers::kWrong;
    return errors_ > 0 ? Answers::kErrors : Answers::kAllRight;
  }

  // What an answer must hold: an error is well, and counted.
  template <typename T, typename Check>
  bool Holds(const base::Result<T>& answer, Check check) const {
    if (answer.ok()) return check(answer.value());
    ++errors_;
    return true;
  }

  bool AnswersAreRightOrErrors() const {
    const auto opened = Ledger::Open(data_, tests::kSmallLedger);
    if (!opened.ok()) ++errors_;
    if (!opened.ok()) return true;
    const Ledger& ledger = *opened.value();
    bool right = ledger.Head().value() == heads_.back();
    for (std::uint64_t i = 0; i < kEntries; ++i) right = right && EntryIsRight(ledger, i);
    right = right && HistoryIsRight(ledger, {}) && HistoryIsRight(ledger, RecordKind::kDocument);
    right = right && Holds(ledger.LatestCheckpoint(),
                           [](const Ledger::Checkpoint& kept) { return kept.note == "note\n"; });
    right = right && KeysAreRight();
    return right && Holds(ledger.FindClient(records_[0].commitment),
                          [this](const ClientId& client) { return client == client_; });
  }

  // A wrapped key is checked by whoever opens it. That one is not there is checked here.
  bool KeysAreRight() const {
    const auto opened = KeyStore::Open(data_, tests::kSmallKeys);
    if (!opened.ok()) ++errors_;
    if (!opened.ok()) return true;
    const KeyStore& keys = *opened.value();
    const std::vector<KeySlot> slots{{256}, {256 + kErased}};
    const auto leads_there = [&](const StoredPaths& paths) {
      const bool changed = paths.top != tests::TopOf(1) || !paths.keys[0] ||
                           paths.keys[0]->wrapped != leaf_.nodes[0].wrapped;
      if (changed || paths.keys[1]) ++errors_;
      return paths.keys[0].has_value();
    };
    return Holds(keys.PathsTo(slots), leads_there) &&
           Holds(keys.Rows({{3, 1}}),
                 [this](const std::vector<KeyRow>& rows) { return rows[0].row == leaf_.row; }) &&
           Holds(keys.Next(), [](const NextLeaf& next) { return next.leaf == 2; });
  }

  bool EntryIsRight(const Ledger& ledger, std::uint64_t i) const {
    const base::Bytes encoded = EncodeRecord(records_[i]).value();
    const auto is_entry = [&](const StoredRecord& stored) {
      return stored.encoded == encoded && stored.entry.value == i;
    };
    const auto proves = [&](const Digests& path) {
      return RootFromInclusion(LeafHash(encoded), i, kEntries, path) == heads_.back().root;
    };
    return Holds(ledger.Read({i}), is_entry) && Holds(ledger.Find(records_[i].id), is_entry) &&
           Holds(ledger.HeadAt(i + 1), [&](const TreeHead& head) { return head == heads_[i]; }) &&
           Holds(ledger.InclusionProof({i}, kEntries), proves);
  }

  bool HistoryIsRight(const Ledger& ledger, std::optional<RecordKind> kind) const {
    std::vector<std::uint64_t> expected;
    for (std::uint64_t i = kEntries; i-- > 1;)
      if (!kind || records_[i].kind == *kind) expected.push_back(i);
    const auto lists_them = [&](const HistoryPage& page) {
      std::vector<std::uint64_t> listed;
      for (const StoredRecord& stored : page.records) listed.push_back(stored.entry.value);
      return listed == expected;
    };
    return Holds(ledger.History({.client = client_, .before = {}, .limit = 99, .kind = kind}),
                 lists_them);
  }

  // Flips one bit of `file` at a time, `trials` times, each in a child that may die of it:
  // LMDB trusts its page headers.
  void FlipBitsOf(const fs::path& file, int trials) {
    const fs::path good = folder_.path() / "good";
    fs::copy(data_, good, fs::copy_options::recursive);
    const base::Bytes original = base::ReadFile(file, std::size_t{64} << 20U).value();
    std::mt19937 random(7);
    int wrong = 0;
    int noticed = 0;
    int died = 0;
    for (int i = 0; i < trials; ++i) {
      fs::remove_all(data_);
      fs::copy(good, data_, fs::copy_options::recursive);
      base::Bytes changed = original;
      const std::size_t at = random() % changed.size();
      changed[at] ^= static_cast<std::uint8_t>(1U << (random() % 8));
      std::ofstream(file, std::ios::binary) << base::ToString(changed);
      const int status = InChild();
      if (WIFSIGNALED(status)) ++died;
      if (Ended(status, Answers::kErrors)) ++noticed;
      if (Ended(status, Answers::kWrong)) ++wrong;
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_GT(noticed, 0) << "the flips hit nothing that is used";
    EXPECT_LT(died, trials / 2) << "hardly anything was tested";
    std::printf("%d flips: %d noticed, %d died\n", trials, noticed, died);
  }

  int InChild() const {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);  // A loop in damaged pages ends as a death.
      if (std::freopen("/dev/null", "w", stderr) == nullptr) ::_exit(99);
      ::_exit(static_cast<int>(Judge()));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
  }

  static bool Ended(int status, Answers answers) {
    return WIFEXITED(status) && WEXITSTATUS(status) == static_cast<int>(answers);
  }

  tests::TempDir folder_;
  const fs::path data_ = folder_.path() / "data";
  const ClientId client_ = ClientId::New();
  static constexpr std::uint32_t kErased = 9;  // Of the leaf's keys.
  const tests::MadeLeaf leaf_ = [] {
    tests::MadeLeaf leaf = tests::LeafAt(1);
    std::ranges::copy(leaf.nodes[0].wrapped, leaf.row.begin());
    std::fill_n(leaf.row.begin() + kErased * kWrappedKeySize, kWrappedKeySize, 0);
    return leaf;
  }();
  std::vector<Record> records_;
  std::vector<TreeHead> heads_;
  mutable int errors_ = 0;
};

TEST_F(DamageTest, TheUndamagedLedgerAnswersRight) {
  EXPECT_EQ(Judge(), Answers::kAllRight);
  EXPECT_TRUE(Ended(InChild(), Answers::kAllRight));
}

TEST_F(DamageTest, EveryFlippedByteOfAnEntryIsNoticedWhenItIsRead) {
  constexpr std::uint64_t kEntry = 4;  // Completes no node but itself: all its bytes are checked.
  const std::size_t size = 8 + 32 + EncodeRecord(records_[kEntry]).value().size();
  for (std::size_t at = 0; at < size; ++at) {
    const auto flip = [at](base::Bytes& value) { value.at(at) ^= 0x10U; };
    ASSERT_NO_FATAL_FAILURE(ChangeValue("ledger", "log", EntryKey(kEntry), flip));
    {
      const auto opened = Ledger::Open(data_, tests::kSmallLedger);
      ASSERT_TRUE(opened.ok());
      ASSERT_EQ(opened.value()->Read({kEntry}).error().reason, "ledger.entry-damaged") << at;
      ASSERT_EQ(opened.value()->Find(records_[kEntry].id).error().code,
                base::ErrorCode::kCorrupted);
    }
    ASSERT_NO_FATAL_FAILURE(ChangeValue("ledger", "log", EntryKey(kEntry), flip));
  }
}

TEST_F(DamageTest, AnEntryThatIsCutOrGrownIsNoticed) {
  for (const int change : {-1, 1}) {
    ASSERT_NO_FATAL_FAILURE(ChangeValue("ledger", "log", EntryKey(4), [change](base::Bytes& value) {
      value.resize(value.size() + static_cast<std::size_t>(change));
    }));
    const auto opened = Ledger::Open(data_, tests::kSmallLedger);
    EXPECT_EQ(opened.value()->Read({4}).error().reason, "ledger.entry-damaged");
  }
}

TEST_F(DamageTest, AChangedTreeNodeIsNoticedByEveryProofThatUsesIt) {
  // Entry 7 completes nodes of level 1 to 3; level 2 is the sibling of entries 0 to 3.
  ASSERT_NO_FATAL_FAILURE(ChangeValue("ledger", "log", EntryKey(7),
                                      [](base::Bytes& value) { value.at(8 + 2 * 32) ^= 1U; }));
  const auto opened = Ledger::Open(data_, tests::kSmallLedger);
  EXPECT_EQ(opened.value()->InclusionProof({0}, kEntries).error().reason, "ledger.tree-damaged");
  EXPECT_EQ(opened.value()->HeadAt(7).ok(), true);
  EXPECT_TRUE(opened.value()->InclusionProof({20}, kEntries).ok());
}

TEST_F(DamageTest, DoesNotOpenWhenTheLastEntryOrTheHeadIsChanged) {
  const auto refuses = [this](const char* table, const base::Bytes& key, std::size_t at) {
    const auto flip = [at](base::Bytes& value) { value.at(at) ^= 1U; };
    ChangeValue("ledger", table, key, flip);
    const auto opened = Ledger::Open(data_, tests::kSmallLedger);
    const bool refused = !opened.ok() && opened.error().code == base::ErrorCode::kCorrupted;
    ChangeValue("ledger", table, key, flip);
    return refused;
  };
  for (std::size_t at = 0; at < 40; ++at) {
    EXPECT_TRUE(refuses("meta", base::ToBytes("head"), at)) << at;
    EXPECT_TRUE(refuses("log", EntryKey(kEntries - 1), at)) << at;
  }
  EXPECT_TRUE(refuses("meta", base::ToBytes("format"), 3));
  EXPECT_TRUE(refuses("log", EntryKey(kEntries - 1), 8 + 32)) << "its node of level 1";
  EXPECT_TRUE(Ledger::Open(data_, tests::kSmallLedger).ok()) << "and opens when mended";
}

TEST_F(DamageTest, EveryFlippedByteOfACheckpointIsNoticed) {
  for (std::size_t at = 0; at < 32 + 5; ++at) {
    const auto flip = [at](base::Bytes& value) { value.at(at) ^= 4U; };
    ASSERT_NO_FATAL_FAILURE(ChangeValue("ledger", "checkpoint", EntryKey(kEntries), flip));
    {
      const auto opened = Ledger::Open(data_, tests::kSmallLedger);
      EXPECT_EQ(opened.value()->LatestCheckpoint().error().reason, "checkpoint.damaged");
    }
    ASSERT_NO_FATAL_FAILURE(ChangeValue("ledger", "checkpoint", EntryKey(kEntries), flip));
  }
}

TEST_F(DamageTest, AKeyThatTurnsBlankIsDamagedAndNotErased) {
  const auto blank = [](base::Bytes& value) { std::fill_n(value.begin() + 32, 60, 0); };
  ASSERT_NO_FATAL_FAILURE(ChangeValue("keys", "node", base::Bytes{3, 0, 0, 0, 1}, blank));
  const auto keys = KeyStore::Open(data_, tests::kSmallKeys);
  EXPECT_EQ(keys.value()->PathsTo(std::vector<KeySlot>{{256}}).error().reason, "key.damaged");
}

TEST_F(DamageTest, FlippedBitsInTheLedgerFileNeverGiveAWrongAnswer) {
  FlipBitsOf(data_ / "ledger" / "data.mdb", 150);
}

TEST_F(DamageTest, FlippedBitsInTheKeysFileNeverGiveAWrongAnswer) {
  FlipBitsOf(data_ / "keys" / "data.mdb", 100);
}

TEST_F(DamageTest, FlippedBitsInTheIndexFileNeverGiveAWrongAnswer) {
  FlipBitsOf(data_ / "index" / "data.mdb", 150);
}

}  // namespace
}  // namespace vault
