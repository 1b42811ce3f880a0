#include "api/flow/prepared_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/fakes/fake_vault_keys.h"
#include "tests/fakes/key_rows.h"
#include "tests/fakes/temp_dir.h"

namespace api {
namespace {

// The store's age is that of its files, so the clock moves from their time on.
struct MovingClock final : base::Clock {
  base::Time Now() const override { return base::SystemClock().Now() + ahead; }
  std::chrono::hours ahead{0};
};

class PreparedStoreTest : public ::testing::Test {
 protected:
  std::string Put() { return TryPut("vid").value(); }
  base::Result<std::string> TryPut(const std::string& agency) {
    return store_.Put(
        agency, {base::Json().Set("made", std::int64_t{clock_.Now().time_since_epoch().count()}),
                 base::ToBytes("document")});
  }
  std::string Reason(const std::string& id) {
    const auto state = store_.Get(id);
    return state.ok() ? "found" : state.error().reason;
  }

  const tests::TempDir dir_;
  tests::FakeVaultKeys keys_;
  std::unique_ptr<vault::KeyStore> key_store_ = tests::OpenKeys(dir_.path());
  RecordKeys record_keys_{*key_store_, keys_};
  MovingClock clock_;
  PreparedStore store_{dir_.path() / "prepared", record_keys_, clock_};
};

TEST_F(PreparedStoreTest, GivesBackWhatWasPutIn) {
  const std::string id = Put();
  EXPECT_EQ(store_.Get(id).value().bytes, base::ToBytes("document"));
}

TEST_F(PreparedStoreTest, KeepsNothingReadable) {
  std::ifstream file(dir_.path() / "prepared" / Put());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text.find("document"), std::string::npos);
  EXPECT_EQ(text.find("made"), std::string::npos);
}

TEST_F(PreparedStoreTest, AChangedBitIsFoundOutAndAnothersStateDoesNotOpen) {
  const std::string id = Put();
  const std::string other = Put();
  const auto path = dir_.path() / "prepared" / id;
  ::chmod(path.c_str(), 0600);
  std::filesystem::copy_file(dir_.path() / "prepared" / other, path,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_NE(Reason(id), "found");
  EXPECT_EQ(Reason(other), "found");
  const auto other_path = dir_.path() / "prepared" / other;
  ::chmod(other_path.c_str(), 0600);
  std::fstream file(other_path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-1, std::ios::end);
  const int last = file.peek();
  file.put(static_cast<char>(last ^ 1));
  file.close();
  EXPECT_EQ(Reason(other), "aead.mismatch");
}

TEST_F(PreparedStoreTest, WhatIsNoIdFindsNothing) {
  for (const char* id :
       {"", "..", "../x", "0123456789abcdef0123456789abcdef", "0123456789ABCDEF0123456789ABCDEF"})
    EXPECT_EQ(Reason(id), "prepared.unknown") << id;
}

TEST_F(PreparedStoreTest, AnOldOneIsGone) {
  const std::string id = Put();
  clock_.ahead = PreparedStore::kLife + std::chrono::hours(1);
  EXPECT_EQ(Reason(id), "prepared.unknown");
  Put();
  EXPECT_FALSE(std::filesystem::exists(dir_.path() / "prepared" / id));
}

TEST_F(PreparedStoreTest, AnAgencyThatFillsItsShareTakesNothingFromAnother) {
  const std::string id = Put();
  const auto folder = dir_.path() / "prepared";
  for (std::size_t i = 1; i < PreparedStore::kMaxWaiting; ++i)
    std::filesystem::copy_file(folder / id, folder / (id + "-" + std::to_string(i)));
  EXPECT_EQ(TryPut("vid").error().reason, "prepared.too-many");
  EXPECT_TRUE(TryPut("csdd").ok());
}

TEST_F(PreparedStoreTest, OneValueCompletesItAgainAndAgainAndNoOther) {
  const std::string id = Put();
  const base::Sha256Digest value = base::Sha256(base::AsBytes("value"));
  EXPECT_TRUE(store_.Complete(id, value).ok());
  EXPECT_TRUE(store_.Complete(id, value).ok());
  EXPECT_EQ(store_.Complete(id, base::Sha256(base::AsBytes("other"))).error().reason,
            "prepared.completed");
}

}  // namespace
}  // namespace api
