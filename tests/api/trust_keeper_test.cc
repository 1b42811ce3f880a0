#include "api/trust_keeper.h"

#include <gtest/gtest.h>

#include "tests/fakes/trust_case.h"

namespace api {
namespace {

class TrustKeeperTest : public testing::Test {
 protected:
  std::string InUse() const { return keeper_.facts().Text("snapshot").value_or(""); }
  std::string Rejected() const {
    return keeper_.facts().Find("rejected")->Text("code").value_or("");
  }

  tests::TrustCase case_;
  TrustKeeper keeper_{case_.config, case_.clock};
};

TEST_F(TrustKeeperTest, TheSnapshotInUseIsLoadedBeforeTheFirstCall) {
  const std::string id = case_.Import(case_.Whole());
  keeper_.LoadNow();
  EXPECT_EQ(InUse(), id);
  ASSERT_NE(keeper_.trust(), nullptr);
  EXPECT_EQ(Rejected(), "");
  EXPECT_EQ(keeper_.facts().Integer("services"), 1);
}

TEST_F(TrustKeeperTest, AnEmptyStoreLeavesNothingTrustedAndSaysSo) {
  keeper_.LoadNow();
  EXPECT_EQ(keeper_.trust(), nullptr);
  EXPECT_EQ(Rejected(), "trust.no-snapshot");
}

TEST_F(TrustKeeperTest, TheStoresPinCountsNotTheNewest) {
  const std::string first = case_.Import(case_.Whole());
  case_.list.sequence = 8;
  case_.Import(case_.Whole());
  ASSERT_TRUE(case_.store.Pin(first, case_.clock.now).ok());
  keeper_.LoadNow();
  EXPECT_EQ(InUse(), first);
}

TEST_F(TrustKeeperTest, ASnapshotOfTheConfigurationCountsWhateverTheStoreSays) {
  case_.config.snapshot = case_.Import(case_.Whole());
  case_.list.sequence = 8;
  case_.Import(case_.Whole());
  keeper_.LoadNow();
  EXPECT_EQ(InUse(), case_.config.snapshot);
}

TEST_F(TrustKeeperTest, AMissingSnapshotOfTheConfigurationIsNotReplacedByAnother) {
  case_.Import(case_.Whole());
  case_.config.snapshot = std::string(64, 'a');
  keeper_.LoadNow();
  EXPECT_EQ(keeper_.trust(), nullptr);
  EXPECT_EQ(Rejected(), "trust.no-snapshot");
}

TEST_F(TrustKeeperTest, AnImportIsTakenUp) {
  const std::string first = case_.Import(case_.Whole());
  keeper_.LoadNow();
  const auto before = keeper_.trust();
  case_.list.sequence = 8;
  const std::string second = case_.Import(case_.Whole());
  keeper_.LoadNow();
  EXPECT_EQ(InUse(), second);
  EXPECT_NE(keeper_.trust(), before);
  EXPECT_NE(first, second);
}

TEST_F(TrustKeeperTest, AStoreThatGoesBackToAnOlderListIsNamed) {
  const std::string first = case_.Import(case_.Whole());
  case_.list.sequence = 8;
  case_.Import(case_.Whole());
  keeper_.LoadNow();
  EXPECT_TRUE(keeper_.facts().Find("older")->is_null());
  ASSERT_TRUE(case_.store.Pin(first, case_.clock.now).ok());
  keeper_.LoadNow();
  EXPECT_EQ(InUse(), first);
  EXPECT_EQ(keeper_.facts().Text("older"), "LV: 7 after 8");
}

TEST_F(TrustKeeperTest, ADamagedNewSnapshotLeavesTheOldOneInUseAndSaysSo) {
  const std::string first = case_.Import(case_.Whole());
  keeper_.LoadNow();
  case_.list.sequence = 8;
  const trust::Files files = case_.Whole();
  const std::string second = case_.Import(files);
  static_cast<void>(base::ReplaceFile(case_.ObjectOf(files[0].bytes), base::ToBytes("x"), 0644));
  keeper_.LoadNow();
  EXPECT_EQ(InUse(), first);
  EXPECT_NE(keeper_.trust(), nullptr);
  EXPECT_EQ(Rejected(), "trust.store-damaged");
  EXPECT_EQ(keeper_.facts().Find("rejected")->Text("snapshot"), second);
}

TEST_F(TrustKeeperTest, AListThatWasSwappedForAStrangersIsNotLoaded) {
  // Somebody who may write the folder makes a snapshot of his own, records and all.
  const trust::Files files{{"lv.xml", base::ToBytes(case_.list.SignedBy(case_.stranger))},
                           {"operator.der", case_.operator_key.Der()}};
  base::Json description = trust::Describe(files, case_.clock.now).value();
  description.Set("findings", base::Json::Array{});
  ASSERT_TRUE(case_.store
                  .Import({.files = &files,
                           .description = &description,
                           .allow_older = {},
                           .now = case_.clock.now})
                  .ok());
  keeper_.LoadNow();
  EXPECT_EQ(keeper_.trust(), nullptr);
  EXPECT_EQ(Rejected(), "trust.import-unverified");
}

TEST_F(TrustKeeperTest, ALinkInTheStoreIsNotFollowed) {
  const trust::Files files = case_.Whole();
  case_.Import(files);
  const auto object = case_.ObjectOf(files[0].bytes);
  std::filesystem::rename(object, case_.dir.path() / "elsewhere");
  std::filesystem::create_symlink(case_.dir.path() / "elsewhere", object);
  keeper_.LoadNow();
  EXPECT_EQ(keeper_.trust(), nullptr);
  EXPECT_EQ(Rejected(), "trust.store-damaged");
}

TEST_F(TrustKeeperTest, AStoreThatWasMendedIsTakenUp) {
  const trust::Files files = case_.Whole();
  const std::string id = case_.Import(files);
  const auto object = case_.ObjectOf(files[0].bytes);
  static_cast<void>(base::ReplaceFile(object, base::ToBytes("x"), 0644));
  keeper_.LoadNow();
  EXPECT_EQ(Rejected(), "trust.store-damaged");
  static_cast<void>(base::ReplaceFile(object, files[0].bytes, 0644));
  keeper_.LoadNow();
  EXPECT_EQ(InUse(), id);
  EXPECT_EQ(Rejected(), "");
}

TEST_F(TrustKeeperTest, AStoreThatGoesAwayLeavesWhatIsInUse) {
  const std::string id = case_.Import(case_.Whole());
  keeper_.LoadNow();
  std::filesystem::remove_all(case_.dir.path() / "trust");
  keeper_.LoadNow();
  EXPECT_EQ(InUse(), id);
  EXPECT_EQ(Rejected(), "trust.no-snapshot");
}

}  // namespace
}  // namespace api
