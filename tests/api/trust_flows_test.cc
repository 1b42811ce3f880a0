#include <gtest/gtest.h>

#include "api/flow/fetch_trust.h"
#include "api/flow/trust_status.h"
#include "api/trust_timer.h"
#include "tests/fakes/fake_sealing.h"
#include "tests/fakes/trust_case.h"

namespace api {
namespace {

using base::Json;
using std::chrono::hours;
using std::chrono::seconds;
using tests::Day;

class TrustFlowsTest : public testing::Test {
 protected:
  TrustFlowsTest() {
    clock_.now = Day(2023, 3, 1);
    config_.lists = {{"lotl", "http://a"}, {"LV", "http://b"}};
  }

  // The facts of a snapshot with one list, good until then.
  void Install(const std::string& next_update) {
    Json list;
    list.Set("nextUpdate", next_update);
    Json member;
    member.Set("kind", "list");
    Json description;
    description.Set("members", Json::Array{member});
    description.Set("lists", Json::Array{list});
    inspector_.trust = Json();
    inspector_.trust.Set("configured", true);
    inspector_.trust.Set("snapshot", std::string(64, 'a'));
    inspector_.trust.Set("created", "2023-02-01T00:00:00Z");
    inspector_.trust.Set("description", description);
    inspector_.trust.Set("rejected", Json());
  }
  void InstallNothing(const std::string& code) {
    inspector_.trust = Json();
    inspector_.trust.Set("configured", true);
    inspector_.trust.Set("snapshot", Json());
    inspector_.trust.Set("rejected", Json().Set("snapshot", Json()).Set("code", code));
  }
  std::string ReadyReason() {
    const base::Status ready = status_.RequireReady();
    return ready.ok() ? "" : ready.error().reason;
  }
  std::vector<std::string> Warnings() {
    std::vector<std::string> codes;
    const Json report = status_.Report(base::Language::kEnglish).value();
    for (const Json& warning : *report.Find("warnings")->AsArray())
      codes.push_back(warning.Text("code").value_or(""));
    return codes;
  }

  TrustConfig config_;
  tests::FakeOutbound outbound_;
  tests::FakeInspector inspector_;
  tests::FixedClock clock_;
  FetchTrust fetch_{&config_, outbound_, inspector_, clock_};
  TrustStatus status_{&config_, inspector_, fetch_, clock_};
};

TEST_F(TrustFlowsTest, EachListIsFetchedByItsNameAndHandedIn) {
  ASSERT_TRUE(fetch_.Run().ok());
  EXPECT_EQ(outbound_.services, (std::vector<std::string>{"LV", "lotl"}));
  ASSERT_EQ(inspector_.imported.size(), 2U);
  EXPECT_EQ(base::ToString(inspector_.imported[0].bytes), "list LV");
}

TEST_F(TrustFlowsTest, OneUnreachableListKeepsAllOut) {
  outbound_.next_error = base::Error{base::ErrorCode::kUnavailable, "courier.no-answer", ""};
  EXPECT_EQ(fetch_.Run().error().reason, "courier.no-answer");
  EXPECT_TRUE(inspector_.imported.empty());
  Install("2023-07-01T00:00:00Z");
  EXPECT_EQ(Warnings(), std::vector<std::string>{"courier.no-answer"});
  EXPECT_EQ(fetch_.failures(), 1);
}

TEST_F(TrustFlowsTest, ARollbackIsNamedUntilAFetchSucceeds) {
  Install("2023-07-01T00:00:00Z");
  inspector_.import_error = base::Error{base::ErrorCode::kConflict, "trust.import-older", ""};
  EXPECT_FALSE(fetch_.Run().ok());
  EXPECT_EQ(Warnings(), std::vector<std::string>{"trust.import-older"});
  inspector_.import_error.reset();
  EXPECT_TRUE(fetch_.Run().ok());
  EXPECT_TRUE(Warnings().empty());
  EXPECT_EQ(fetch_.failures(), 0);
}

TEST_F(TrustFlowsTest, NothingIsFetchedWithoutSources) {
  FetchTrust none(nullptr, outbound_, inspector_, clock_);
  EXPECT_EQ(none.Run().error().reason, "trust.not-configured");
  EXPECT_TRUE(none.Status().is_null());
}

TEST_F(TrustFlowsTest, PausesGrowWithFailuresUpToAnHour) {
  EXPECT_EQ(PauseBeforeFetch(0, hours(24)), hours(24));
  EXPECT_EQ(PauseBeforeFetch(1, hours(24)), seconds(10));
  EXPECT_EQ(PauseBeforeFetch(4, hours(24)), seconds(80));
  EXPECT_EQ(PauseBeforeFetch(1000, hours(24)), hours(1));
}

TEST_F(TrustFlowsTest, FreshTrustIsReady) {
  Install("2023-07-01T00:00:00Z");
  EXPECT_EQ(ReadyReason(), "");
  EXPECT_TRUE(Warnings().empty());
}

TEST_F(TrustFlowsTest, TrustWarnsThenStopsBeingReadyBeforeItGoesStale) {
  Install("2023-07-01T00:00:00Z");
  clock_.now = Day(2023, 6, 28);
  EXPECT_EQ(ReadyReason(), "");
  EXPECT_EQ(Warnings(), std::vector<std::string>{"trust.expiring"});
  clock_.now = Day(2023, 6, 30) + hours(1);
  EXPECT_EQ(ReadyReason(), "trust.stale");
  clock_.now = Day(2023, 7, 2);
  EXPECT_EQ(ReadyReason(), "trust.stale");
  EXPECT_EQ(Warnings(), std::vector<std::string>{"trust.stale"});
}

TEST_F(TrustFlowsTest, AnOperatorMayLiveWithStaleListsForAWhile) {
  config_.unready_before = std::chrono::days(-7);
  Install("2023-07-01T00:00:00Z");
  clock_.now = Day(2023, 7, 2);
  EXPECT_EQ(ReadyReason(), "");
  clock_.now = Day(2023, 7, 9);
  EXPECT_EQ(ReadyReason(), "trust.stale");
}

TEST_F(TrustFlowsTest, TrustOlderThanTheLimitIsStaleThoughItsListsAreGood) {
  config_.limits.max_age = std::chrono::days(10);
  Install("2023-07-01T00:00:00Z");
  EXPECT_EQ(ReadyReason(), "trust.stale");
}

TEST_F(TrustFlowsTest, ListsOfWhichNoneIsInUseAreStale) {
  Install("2023-07-01T00:00:00Z");
  Json description = *inspector_.trust.Find("description");
  description.Set("lists", Json::Array{});
  inspector_.trust.Set("description", description);
  EXPECT_EQ(ReadyReason(), "trust.stale");
}

TEST_F(TrustFlowsTest, WithoutASnapshotTheServiceIsNotReady) {
  InstallNothing("trust.store-damaged");
  EXPECT_EQ(ReadyReason(), "trust.unready");
  EXPECT_EQ(Warnings(), (std::vector<std::string>{"trust.unready", "trust.store-damaged"}));
}

TEST_F(TrustFlowsTest, ARejectedSuccessorIsAWarning) {
  Install("2023-07-01T00:00:00Z");
  inspector_.trust.Set("rejected", Json().Set("snapshot", "b").Set("code", "trust.store-damaged"));
  EXPECT_EQ(ReadyReason(), "");
  EXPECT_EQ(Warnings(), std::vector<std::string>{"trust.store-damaged"});
}

TEST_F(TrustFlowsTest, AnOlderListInUseIsAWarning) {
  Install("2023-07-01T00:00:00Z");
  inspector_.trust.Set("older", "LV: 7 after 8");
  EXPECT_EQ(Warnings(), std::vector<std::string>{"trust.older-in-use"});
}

TEST_F(TrustFlowsTest, WithoutTrustInTheConfigurationNothingIsAskedAndAllIsReady) {
  FetchTrust fetch(nullptr, outbound_, inspector_, clock_);
  TrustStatus status(nullptr, inspector_, fetch, clock_);
  EXPECT_TRUE(status.RequireReady().ok());
  const Json report = status.Report(base::Language::kEnglish).value();
  EXPECT_EQ(report.Text("state"), "none");
  EXPECT_EQ(*report.Find("configured"), Json(false));
}

}  // namespace
}  // namespace api
