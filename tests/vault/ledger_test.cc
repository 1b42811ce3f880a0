#include "vault/ledger.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "tests/fakes/temp_dir.h"
#include "tests/fakes/vault_records.h"
#include "vault/merkle.h"
#include "vault/proof.h"
#include "vault/record_codec.h"

namespace vault {
namespace {

using base::ErrorCode;

class LedgerTest : public testing::Test {
 protected:
  void SetUp() override { Reopen(); }

  void Reopen(const Ledger::Options& options = tests::kSmallLedger) {
    ledger_.reset();
    auto opened = Ledger::Open(folder_.path() / "data", options);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    ledger_ = std::move(opened).value();
  }
  Appended Append(const Record& record) {
    const auto appended = ledger_->Append(record);
    EXPECT_TRUE(appended.ok()) << appended.error().message;
    return appended.ok() ? appended.value() : Appended{};
  }
  std::vector<EntryNumber> Entries(const Ledger::HistoryQuery& query) {
    const auto page = ledger_->History(query);
    EXPECT_TRUE(page.ok());
    std::vector<EntryNumber> entries;
    for (const StoredRecord& stored : page.value().records) entries.push_back(stored.entry);
    return entries;
  }

  tests::TempDir folder_;
  std::unique_ptr<Ledger> ledger_;
  const ClientId client_ = ClientId::New();
};

TEST_F(LedgerTest, IsEmptyWhenNew) {
  EXPECT_EQ(ledger_->Head().value(), (TreeHead{0, EmptyRoot()}));
}

TEST_F(LedgerTest, NumbersEntriesFromZeroWithoutGaps) {
  for (std::uint64_t i = 0; i < 5; ++i)
    EXPECT_EQ(Append(tests::DocumentOf(client_)).entry.value, i);
  EXPECT_EQ(ledger_->Head().value().size, 5U);
}

TEST_F(LedgerTest, ReadsBackTheExactRecord) {
  const Record record = tests::DocumentOf(client_);
  const Appended appended = Append(record);
  const auto stored = ledger_->Read(appended.entry);
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored.value().encoded, EncodeRecord(record).value());
  EXPECT_EQ(LeafHash(stored.value().encoded), appended.leaf_hash);
  EXPECT_EQ(stored.value().record.id, record.id);
}

TEST_F(LedgerTest, KnowsNoEntryPastTheEnd) {
  Append(tests::DocumentOf(client_));
  EXPECT_EQ(ledger_->Read({1}).error().reason, "record.unknown");
}

TEST_F(LedgerTest, FindsARecordByItsId) {
  Append(tests::DocumentOf(client_));
  const Record record = tests::DocumentOf(client_);
  Append(record);
  EXPECT_EQ(ledger_->Find(record.id).value().entry.value, 1U);
  EXPECT_EQ(ledger_->Find(RecordId::New()).error().reason, "record.unknown");
}

TEST_F(LedgerTest, RefusesAnIdTwice) {
  Record record = tests::DocumentOf(client_);
  Append(record);
  record.agency = "cits";
  EXPECT_EQ(ledger_->Append(record).error().reason, "record.exists");
  EXPECT_EQ(ledger_->Head().value().size, 1U);
}

TEST_F(LedgerTest, TakesManyAtOnceOrNone) {
  const Record taken = tests::DocumentOf(client_);
  Append(taken);
  std::vector<Record> records;
  for (int i = 0; i < 5; ++i) records.push_back(tests::DocumentOf(client_));
  const auto appended = ledger_->AppendAll(records).value();
  ASSERT_EQ(appended.size(), 5U);
  for (std::uint64_t i = 0; i < 5; ++i) {
    EXPECT_EQ(appended[i].entry.value, i + 1);
    EXPECT_EQ(ledger_->Read({i + 1}).value().record.id, records[i].id);
  }
  const Record other = tests::DocumentOf(client_);
  EXPECT_EQ(ledger_->AppendAll({other, taken}).error().reason, "record.exists");
  EXPECT_EQ(ledger_->AppendAll({other, other}).error().reason, "record.exists");
  EXPECT_EQ(ledger_->AppendAll({}).error().reason, "record.bad-count");
  EXPECT_EQ(ledger_->AppendAll(std::vector<Record>(1001, other)).error().reason,
            "record.bad-count");
  EXPECT_EQ(ledger_->Find(other.id).error().reason, "record.unknown");
  EXPECT_EQ(ledger_->Head().value().size, 6U);
  EXPECT_EQ(ledger_->Append(other).value().entry.value, 6U);
}

TEST_F(LedgerTest, RefusesAnAliasTwiceButTakesASecondAliasOfTheSameClient) {
  const ClientId other = ClientId::New();
  Append(tests::ClientWith(client_, "one"));
  EXPECT_EQ(ledger_->Append(tests::ClientWith(other, "one")).error().code, ErrorCode::kConflict);
  EXPECT_FALSE(ledger_->HasClient(other).value());
  Append(tests::ClientWith(client_, "two"));
  EXPECT_EQ(ledger_->FindClient(base::Sha256(base::AsBytes("one"))).value(), client_);
  EXPECT_EQ(ledger_->FindClient(base::Sha256(base::AsBytes("two"))).value(), client_);
}

TEST_F(LedgerTest, KnowsOnlyRegisteredClients) {
  EXPECT_FALSE(ledger_->HasClient(client_).value());
  EXPECT_EQ(ledger_->FindClient(base::Sha256(base::AsBytes("one"))).error().reason,
            "client.unknown");
  Append(tests::ClientWith(client_, "one"));
  EXPECT_TRUE(ledger_->HasClient(client_).value());
}

TEST_F(LedgerTest, LetsOneOfManyRacersRegisterAnAlias) {
  std::vector<std::thread> racers;
  std::atomic<int> winners{0};
  std::atomic<int> refused{0};
  for (int i = 0; i < 8; ++i) {
    racers.emplace_back([&] {
      const auto appended = ledger_->Append(tests::ClientWith(ClientId::New(), "same"));
      if (appended.ok()) ++winners;
      if (!appended.ok() && appended.error().reason == "record.exists") ++refused;
    });
  }
  for (std::thread& racer : racers) racer.join();
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(refused, 7);
}

TEST_F(LedgerTest, ReadsHistoryNewestFirstInPages) {
  for (int i = 0; i < 3; ++i) {
    Append(tests::DocumentOf(client_));
    Append(tests::DocumentOf(ClientId::New()));
  }
  const auto first = ledger_->History({.client = client_, .before = {}, .limit = 2, .kind = {}});
  ASSERT_TRUE(first.ok());
  ASSERT_EQ(first.value().records.size(), 2U);
  EXPECT_EQ(first.value().records[0].entry.value, 4U);
  EXPECT_EQ(first.value().records[1].entry.value, 2U);
  ASSERT_TRUE(first.value().next);
  const auto second =
      ledger_->History({.client = client_, .before = first.value().next, .limit = 2, .kind = {}});
  ASSERT_EQ(second.value().records.size(), 1U);
  EXPECT_EQ(second.value().records[0].entry.value, 0U);
  EXPECT_FALSE(second.value().next);
}

TEST_F(LedgerTest, EndsAPageThatIsExactlyTheRest) {
  Append(tests::DocumentOf(client_));
  const auto page = ledger_->History({.client = client_, .before = {}, .limit = 1, .kind = {}});
  EXPECT_EQ(page.value().records.size(), 1U);
  EXPECT_FALSE(page.value().next);
}

TEST_F(LedgerTest, FiltersHistoryByKind) {
  const Record document = tests::DocumentOf(client_);
  Append(document);
  Append(tests::AccessOf(client_, document.id));
  Append(tests::ClientWith(client_, "alias"));
  const auto of = [&](std::optional<RecordKind> kind) {
    return Entries({.client = client_, .before = {}, .limit = 10, .kind = kind});
  };
  EXPECT_EQ(of({}), (std::vector<EntryNumber>{{1}, {0}}));
  EXPECT_EQ(of(RecordKind::kDocument), (std::vector<EntryNumber>{{0}}));
  EXPECT_EQ(of(RecordKind::kAccess), (std::vector<EntryNumber>{{1}}));
  EXPECT_TRUE(of(RecordKind::kClient).empty());
}

TEST_F(LedgerTest, StartsHistoryAtAnyNumber) {
  for (int i = 0; i < 3; ++i) {
    Append(tests::DocumentOf(client_));
    Append(tests::DocumentOf(ClientId::New()));
  }
  const auto before = [&](std::uint64_t number) {
    return Entries({.client = client_, .before = EntryNumber{number}, .limit = 10, .kind = {}});
  };
  EXPECT_EQ(before(3), (std::vector<EntryNumber>{{2}, {0}}));
  EXPECT_EQ(before(99), (std::vector<EntryNumber>{{4}, {2}, {0}}));
  EXPECT_TRUE(before(0).empty());
}

TEST_F(LedgerTest, HasAnEmptyHistoryOfAStrangerAndRefusesBadLimits) {
  EXPECT_TRUE(Entries({.client = ClientId::New(), .before = {}, .limit = 10, .kind = {}}).empty());
  for (const std::size_t limit : {std::size_t{0}, std::size_t{1001}})
    EXPECT_EQ(ledger_->History({.client = client_, .before = {}, .limit = limit, .kind = {}})
                  .error()
                  .reason,
              "history.bad-limit");
}

TEST_F(LedgerTest, ProvesEveryEntryInEverySize) {
  std::vector<base::Sha256Digest> leaves;
  for (int i = 0; i < 20; ++i) leaves.push_back(Append(tests::DocumentOf(client_)).leaf_hash);
  for (std::uint64_t size = 1; size <= 20; ++size) {
    const TreeHead head = ledger_->HeadAt(size).value();
    for (std::uint64_t entry = 0; entry < size; ++entry) {
      const auto proof = ledger_->InclusionProof({entry}, size);
      ASSERT_TRUE(proof.ok());
      EXPECT_EQ(RootFromInclusion(leaves[entry], entry, size, proof.value()), head.root);
    }
  }
}

TEST_F(LedgerTest, RefusesProofsOutsideTheTree) {
  Append(tests::DocumentOf(client_));
  EXPECT_EQ(ledger_->InclusionProof({1}, 1).error().reason, "proof.out-of-range");
  EXPECT_EQ(ledger_->InclusionProof({0}, 2).error().reason, "proof.out-of-range");
  EXPECT_EQ(ledger_->HeadAt(2).error().reason, "proof.out-of-range");
}

TEST_F(LedgerTest, KeepsTheNewestCheckpoint) {
  EXPECT_EQ(ledger_->LatestCheckpoint().error().reason, "checkpoint.none");
  Append(tests::DocumentOf(client_));
  Append(tests::DocumentOf(client_));
  ASSERT_TRUE(ledger_->KeepCheckpoint(2, "two\n").ok());
  ASSERT_TRUE(ledger_->KeepCheckpoint(1, "one\n").ok());
  ASSERT_TRUE(ledger_->KeepCheckpoint(2, "two, cosigned\n").ok());
  EXPECT_EQ(ledger_->LatestCheckpoint().value().size, 2U);
  EXPECT_EQ(ledger_->LatestCheckpoint().value().note, "two, cosigned\n");
  EXPECT_EQ(ledger_->KeepCheckpoint(3, "three\n").error().reason, "proof.out-of-range");
}

TEST_F(LedgerTest, RemembersEverythingWhenOpenedAgain) {
  const Record record = tests::DocumentOf(client_);
  Append(tests::ClientWith(client_, "alias"));
  Append(record);
  ASSERT_TRUE(ledger_->KeepCheckpoint(2, "note\n").ok());
  const TreeHead head = ledger_->Head().value();
  Reopen();
  EXPECT_EQ(ledger_->Head().value(), head);
  EXPECT_EQ(ledger_->Find(record.id).value().entry.value, 1U);
  EXPECT_TRUE(ledger_->HasClient(client_).value());
  EXPECT_EQ(ledger_->LatestCheckpoint().value().note, "note\n");
  EXPECT_EQ(Append(tests::DocumentOf(client_)).entry.value, 2U);
}

TEST_F(LedgerTest, KeepsASecondOpenerOut) {
  const auto second = Ledger::Open(folder_.path() / "data", tests::kSmallLedger);
  EXPECT_EQ(second.error().reason, "vault.locked");
  EXPECT_TRUE(ledger_->Append(tests::DocumentOf(client_)).ok());
}

TEST_F(LedgerTest, RefusesRecordsThatAreTooLarge) {
  Record record = tests::DocumentOf(client_);
  record.sealed.resize(kMaxSealedSize + 1);
  EXPECT_EQ(ledger_->Append(record).error().reason, "record.too-large");
  EXPECT_EQ(ledger_->Head().value().size, 0U);
}

TEST_F(LedgerTest, GivesEveryConcurrentAppendAnEntryOfItsOwnThatCanBeProven) {
  constexpr std::size_t kThreads = 8;
  constexpr std::size_t kEach = 40;
  std::vector<std::vector<Appended>> appended(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const ClientId client = ClientId::New();
      for (std::size_t i = 0; i < kEach; ++i) {
        const Record record = tests::DocumentOf(client);
        const auto answer = ledger_->Append(record);
        if (answer.ok() && ledger_->Find(record.id).ok()) appended[t].push_back(answer.value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  const TreeHead head = ledger_->Head().value();
  EXPECT_EQ(head.size, kThreads * kEach);
  std::set<EntryNumber> distinct;
  for (const auto& of_thread : appended) {
    for (const Appended& one : of_thread) {
      distinct.insert(one.entry);
      const auto proof = ledger_->InclusionProof(one.entry, head.size);
      ASSERT_TRUE(proof.ok());
      EXPECT_EQ(RootFromInclusion(one.leaf_hash, one.entry.value, head.size, proof.value()),
                head.root);
    }
  }
  EXPECT_EQ(distinct.size(), kThreads * kEach);
}

TEST_F(LedgerTest, AppendsNothingWhenTheMapIsFull) {
  constexpr std::size_t kTiny = std::size_t{256} << 10U;
  Reopen({.max_bytes = kTiny, .queue_limit = 16});
  std::uint64_t stored = 0;
  base::Result<Appended> answer = ledger_->Append(tests::DocumentOf(client_));
  for (; answer.ok(); answer = ledger_->Append(tests::DocumentOf(client_))) ++stored;
  EXPECT_EQ(answer.error().reason, "disk.full");
  EXPECT_EQ(ledger_->Head().value().size, stored);
  EXPECT_GT(stored, 10U);
  // With room again, the same ledger goes on where it was.
  Reopen();
  EXPECT_EQ(ledger_->Head().value().size, stored);
  EXPECT_EQ(Append(tests::DocumentOf(client_)).entry.value, stored);
}

}  // namespace
}  // namespace vault
