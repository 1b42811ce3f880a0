// The index is disposable: whatever happens to its files, the ledger answers the same.
#include "vault/index.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/fakes/temp_dir.h"
#include "tests/fakes/vault_records.h"
#include "vault/guard.h"
#include "vault/index_rows.h"
#include "vault/index_state.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

class IndexTest : public testing::Test {
 protected:
  void SetUp() override {
    Open();
    Append(tests::ClientWith(client_, "alias"));
    Append(document_);
    Append(tests::AccessOf(client_, document_.id));
  }
  void Open() {
    auto opened = Ledger::Open(data_, tests::kSmallLedger);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    ledger_ = std::move(opened).value();
  }
  void Append(const Record& record) { ASSERT_TRUE(ledger_->Append(record).ok()); }
  void ExpectAllFound() {
    EXPECT_EQ(ledger_->Find(document_.id).value().entry.value, 1U);
    EXPECT_EQ(ledger_->FindClient(base::Sha256(base::AsBytes("alias"))).value(), client_);
    EXPECT_TRUE(ledger_->HasClient(client_).value());
    const auto page = ledger_->History({.client = client_, .before = {}, .limit = 9, .kind = {}});
    ASSERT_TRUE(page.ok());
    ASSERT_EQ(page.value().records.size(), 2U);
    EXPECT_EQ(page.value().records[0].entry.value, 2U);
  }
  // Changes rows of the closed index behind its back.
  void ChangeRow(const base::Bytes& key, base::ByteSpan value) {
    auto environment = LmdbEnvironment::Open(index_, {.max_bytes = tests::kSmallLedger.max_bytes});
    const LmdbTable rows = environment.value().Table("row").value();
    LmdbTransaction transaction = environment.value().BeginWrite().value();
    ASSERT_TRUE(transaction.Put(rows, key, value).ok());
    ASSERT_TRUE(std::move(transaction).Commit().ok());
  }

  tests::TempDir folder_;
  const fs::path data_ = folder_.path() / "data";
  const fs::path index_ = data_ / "index";
  const ClientId client_ = ClientId::New();
  const Record document_ = tests::DocumentOf(client_);
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(IndexTest, IsRebuiltWhenItIsGone) {
  ledger_.reset();
  fs::remove_all(index_);
  Open();
  ExpectAllFound();
}

TEST_F(IndexTest, IsCaughtUpWhenItIsBehind) {
  ledger_.reset();
  const fs::path old = folder_.path() / "old";
  fs::copy(index_, old);
  Open();
  const Record later = tests::DocumentOf(client_);
  Append(later);
  ledger_.reset();
  fs::remove_all(index_);
  fs::copy(old, index_);
  Open();
  EXPECT_EQ(ledger_->Find(later.id).value().entry.value, 3U);
}

TEST_F(IndexTest, IsRebuiltWhenItBelongsToAnotherLedger) {
  ledger_.reset();
  {
    auto other = Ledger::Open(folder_.path() / "other", tests::kSmallLedger);
    ASSERT_TRUE(other.value()->Append(tests::DocumentOf(client_)).ok());
  }
  fs::remove_all(index_);
  fs::copy(folder_.path() / "other" / "index", index_);
  Open();
  ExpectAllFound();
}

TEST_F(IndexTest, IsRebuiltWhenItsFileIsRubbish) {
  ledger_.reset();
  std::ofstream(index_ / "data.mdb") << std::string(8192, 'x');
  Open();
  ExpectAllFound();
}

TEST_F(IndexTest, IsRebuiltAfterAReadFoundItDamaged) {
  ledger_.reset();
  ChangeRow(IdKey(document_.id), base::Bytes(16, 0));
  Open();
  EXPECT_EQ(ledger_->Find(document_.id).error().reason, "ledger.index-damaged");
  ledger_.reset();
  Open();
  ExpectAllFound();
}

TEST_F(IndexTest, NoticesAHistoryRowOfAnotherPlace) {
  ledger_.reset();
  // A row with a fitting guard, but one that leads the history in a circle.
  base::Bytes number;
  base::AppendUint64(2, number);
  const base::Bytes key = ListKey(client_, kListOfAll, {1});
  ChangeRow(key, Guarded(GuardSize::kShort, key, number));
  Open();
  const auto page = ledger_->History({.client = client_, .before = {}, .limit = 9, .kind = {}});
  EXPECT_EQ(page.error().reason, "ledger.index-damaged");
}

TEST_F(IndexTest, TrustsTheFilesOfACleanEndAndOfOneDeathButNotOfTwo) {
  const fs::path state = folder_.path();
  EXPECT_EQ(ReadIndexTrust(state), IndexTrust::kNone);
  ASSERT_TRUE(EndIndexUse(state).ok());
  EXPECT_EQ(ReadIndexTrust(state), IndexTrust::kClean);
  ASSERT_TRUE(BeginIndexUse(state, IndexTrust::kClean).ok());
  EXPECT_EQ(ReadIndexTrust(state), IndexTrust::kDiedOnce);
  ASSERT_TRUE(BeginIndexUse(state, IndexTrust::kDiedOnce).ok());
  EXPECT_EQ(ReadIndexTrust(state), IndexTrust::kNone);
}

TEST_F(IndexTest, DoesNotTrustFilesInUseBeforeAnotherBoot) {
  std::ofstream(folder_.path() / "state") << "00000000-0000-0000-0000-000000000000 first";
  EXPECT_EQ(ReadIndexTrust(folder_.path()), IndexTrust::kNone);
}

}  // namespace
}  // namespace vault
