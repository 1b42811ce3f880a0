#include <gtest/gtest.h>

#include "tests/fakes/config_case.h"

namespace api {
namespace {

using ConfigTrustTest = tests::ConfigCase;

TEST_F(ConfigTrustTest, NothingIsTrustedWithoutTheTable) {
  EXPECT_FALSE(Read("").value().trust.has_value());
}

TEST_F(ConfigTrustTest, ListsHaveNamesAndTheCourierHasTheSame) {
  const Config config =
      Read(
          "[trust]\ndir = \"t\"\nlist_signers = [\"s.der\"]\nlotl = \"https://eu/l\"\n"
          "pivots = [\"https://eu/p\"]\nmax_age_days = 30\n"
          "[trust.lists]\nLV = \"https://lv/l\"\n")
          .value();
  const std::map<std::string, std::string> lists{
      {"LV", "https://lv/l"}, {"lotl", "https://eu/l"}, {"pivot-1", "https://eu/p"}};
  EXPECT_EQ(config.trust->lists, lists);
  EXPECT_EQ(config.courier.lists, lists);
  EXPECT_EQ(config.trust->list_signers.front(), dir_.path() / "s.der");
  EXPECT_EQ(config.trust->limits.max_age, std::chrono::days(30));
}

TEST_F(ConfigTrustTest, ASnapshotIsAnIdAndNothingElse) {
  EXPECT_EQ(Complaint("[trust]\ndir = \".\"\nsnapshot = \"" + std::string(64, 'a') + "\"\n"), "");
  for (const char* id : {"latest", "", "../x"})
    EXPECT_NE(Complaint("[trust]\ndir = \".\"\nsnapshot = \"" + std::string(id) + "\"\n"), "")
        << id;
}

TEST_F(ConfigTrustTest, ListsNeedSignersTerritoriesAndUrls) {
  const std::string signed_by = "[trust]\ndir = \".\"\nlist_signers = [\"s\"]\n";
  EXPECT_EQ(Complaint(signed_by + "lotl = \"https://a\"\n"), "");
  EXPECT_NE(Complaint("[trust]\ndir = \".\"\nlotl = \"https://a\"\n"), "");
  EXPECT_NE(Complaint(signed_by + "lotl = \"file:///etc/passwd\"\n"), "");
  EXPECT_NE(Complaint(signed_by + "[trust.lists]\nlotl = \"https://a\"\n"), "");
  EXPECT_NE(Complaint(signed_by + "[trust.lists]\nLV = \"ftp://a\"\n"), "");
}

TEST_F(ConfigTrustTest, AMisspeltSettingIsNamed) {
  EXPECT_NE(Complaint("[trust]\ndir = \".\"\nwarn_day = 5\n").find("warn_day"), std::string::npos);
}

}  // namespace
}  // namespace api
