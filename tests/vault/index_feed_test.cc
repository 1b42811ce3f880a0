// Readers see what was acknowledged before they came; nobody takes a name that is on its way.
#include "vault/index_feed.h"

#include <gtest/gtest.h>

#include "tests/fakes/temp_dir.h"
#include "tests/fakes/vault_records.h"
#include "vault/directory.h"
#include "vault/log_store.h"

namespace vault {
namespace {

class IndexFeedTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(MakeDirectory(folder_.path() / "ledger").ok());
    log_.emplace(LogStore::Open(folder_.path() / "ledger", kSize).value());
    index_ = Index::Open(folder_.path() / "index", kSize, *log_, TreeHead{0, EmptyRoot()}).value();
  }
  // Entries of a ledger that goes on from number `first`.
  static std::vector<IndexFeed::Entry> Entries(std::uint64_t first, std::vector<Record> records) {
    std::vector<IndexFeed::Entry> entries;
    for (Record& record : records) entries.push_back({{first++}, std::move(record)});
    return entries;
  }

  static constexpr std::size_t kSize = std::size_t{1} << 26U;
  const tests::TempDir folder_;
  const ClientId client_ = ClientId::New();
  std::optional<LogStore> log_;
  std::unique_ptr<Index> index_;
};

TEST_F(IndexFeedTest, ANameIsTakenFromTheMomentItIsHandedIn) {
  IndexFeed feed(*index_);
  const Record document = tests::DocumentOf(client_);
  const Record client = tests::ClientWith(client_, "alias");
  feed.Push(Entries(0, {document, client}), TreeHead{2, base::Sha256Digest{}});
  const Record same_alias = tests::ClientWith(ClientId::New(), "alias");
  const Record other = tests::DocumentOf(client_);
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(feed.Taken({&document, &same_alias, &other}).value(),
              (std::vector<bool>{true, true, false}));
    ASSERT_TRUE(feed.AwaitAll().ok());
  }
}

TEST_F(IndexFeedTest, OfTwoAtOnceTheFirstHasTheName) {
  const IndexFeed feed(*index_);
  const Record document = tests::DocumentOf(client_);
  const Record first = tests::ClientWith(client_, "alias");
  const Record second = tests::ClientWith(ClientId::New(), "alias");
  EXPECT_EQ(feed.Taken({&document, &document, &first, &second}).value(),
            (std::vector<bool>{false, true, false, true}));
}

TEST_F(IndexFeedTest, WhatWasHandedInIsReadAndNothingIsLostOnTheWay) {
  constexpr std::uint64_t kEntries = 5'000;
  constexpr std::size_t kBacklog = 64;  // So that the one who hands in has to wait.
  IndexFeed feed(*index_, kBacklog);
  for (std::uint64_t number = 0; number < kEntries; number += 10) {
    std::vector<Record> records;
    for (int i = 0; i < 10; ++i) records.push_back(tests::DocumentOf(client_));
    const RecordId last = records.back().id;
    feed.Push(Entries(number, std::move(records)), TreeHead{number + 10, base::Sha256Digest{}});
    if (number % 1'000 != 0) continue;
    ASSERT_TRUE(feed.AwaitAll().ok());
    EXPECT_EQ(index_->FindRecord(last).value(), EntryNumber{number + 9});
  }
  ASSERT_TRUE(feed.AwaitAll().ok());
  std::uint64_t seen = 0;
  std::optional<EntryNumber> before;
  do {
    const IndexPage page =
        index_->List({.client = client_, .before = before, .limit = 1'000, .kind = {}}).value();
    for (const EntryNumber entry : page.entries) EXPECT_EQ(entry.value, kEntries - ++seen);
    before = page.next;
  } while (before);
  EXPECT_EQ(seen, kEntries);
}

TEST_F(IndexFeedTest, WhatIsOnTheWayWhenItEndsIsIndexed) {
  const Record document = tests::DocumentOf(client_);
  {
    IndexFeed feed(*index_);
    feed.Push(Entries(0, {document}), TreeHead{1, base::Sha256Digest{}});
  }
  EXPECT_EQ(index_->FindRecord(document.id).value(), EntryNumber{0});
}

}  // namespace
}  // namespace vault
