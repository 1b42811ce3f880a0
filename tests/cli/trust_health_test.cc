#include "cli/trust_health.h"

#include <gtest/gtest.h>

#include "base/error_text.h"

namespace cli {
namespace {

using base::Json;

Json Status(const std::string& state) {
  Json json;
  json.Set("state", state);
  json.Set("snapshot", "aa00");
  json.Set("ageDays", 3);
  json.Set("nextExpiry", "2027-01-28T00:00:00Z");
  return json;
}

// As GET /v1/trust has them.
Json WithWarning(Json status, const std::string& code) {
  Json warning;
  warning.Set("code", code);
  status.Set("warnings", Json::Array{warning});
  return status;
}

TEST(TrustHealthTest, FreshTrustIsNamedWithItsAgeAndExpiry) {
  const TrustHealth health = TrustHealthOf(Status("fresh"));
  EXPECT_TRUE(health.outcome.ok());
  EXPECT_EQ(health.summary, "snapshot aa00, 3 days old, next expiry 2027-01-28T00:00:00Z");
  EXPECT_TRUE(health.warnings.empty());
  EXPECT_EQ(health.fix, "");
}

TEST(TrustHealthTest, TrustThatExpiresSoonIsAWarningSaidOnce) {
  const TrustHealth health = TrustHealthOf(WithWarning(Status("expiring"), "trust.expiring"));
  EXPECT_TRUE(health.outcome.ok());
  EXPECT_EQ(health.warnings, std::vector<std::string>{"trust.expiring"});
  EXPECT_NE(health.fix.find("edocvault trust fetch"), std::string::npos);
}

TEST(TrustHealthTest, ExpiredTrustFails) {
  const TrustHealth health = TrustHealthOf(WithWarning(Status("expired"), "trust.stale"));
  EXPECT_EQ(health.outcome.error().reason, "trust.stale");
  EXPECT_TRUE(health.warnings.empty());
  EXPECT_NE(health.fix, "");
}

TEST(TrustHealthTest, WithoutAnyItSaysWhatToDo) {
  Json none;
  none.Set("state", "none");
  const TrustHealth health = TrustHealthOf(none);
  EXPECT_TRUE(health.outcome.ok());
  EXPECT_EQ(health.summary, "");
  EXPECT_EQ(health.warnings, std::vector<std::string>{"trust.nothing-in-use"});
  EXPECT_NE(health.fix.find("edocvault trust import"), std::string::npos);
}

TEST(TrustHealthTest, ConfiguredTrustThatIsNotThereFails) {
  Json absent;
  absent.Set("state", "absent");
  EXPECT_EQ(TrustHealthOf(absent).outcome.error().reason, "trust.unready");
}

TEST(TrustHealthTest, WhatIsNotUnderstoodIsNotWell) {
  EXPECT_EQ(TrustHealthOf(Json()).outcome.error().reason, "trust.unready");
  EXPECT_EQ(TrustHealthOf(Status("splendid")).outcome.error().reason, "trust.unready");
}

TEST(TrustHealthTest, AFetchThatFailsIsToldThoughTrustIsFresh) {
  const TrustHealth health = TrustHealthOf(WithWarning(Status("fresh"), "courier.no-answer"));
  EXPECT_TRUE(health.outcome.ok());
  EXPECT_EQ(health.warnings, std::vector<std::string>{"courier.no-answer"});
  EXPECT_NE(health.fix, "");
}

TEST(TrustHealthTest, EveryReasonHasItsSentence) {
  for (const char* reason :
       {"trust.expiring", "trust.stale", "trust.unready", "trust.nothing-in-use"})
    EXPECT_NE(base::TextOf(reason, base::Language::kLatvian), "") << reason;
}

}  // namespace
}  // namespace cli
