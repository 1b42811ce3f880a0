#include <gtest/gtest.h>

#include <fstream>

#include "api/config.h"
#include "tests/fakes/temp_dir.h"

namespace api {
namespace {

class ConfigHsmTest : public testing::Test {
 protected:
  // A configuration with that in its table of the token.
  base::Result<Config> Read(const std::string& settings) const {
    const auto path = dir_.path() / "edocvaultd.toml";
    std::ofstream(path) << "[vault]\ndata = \"data\"\n[listen]\naddress = \"127.0.0.1\"\nport = 1\n"
                           "certificate = \"c\"\nkey = \"k\"\nclient_ca = \"ca\"\n[hsm]\n"
                           "module = \"m\"\ntoken = \"t\"\npin_file = \"p\"\nlog_origin = \"o\"\n"
                        << settings << "[courier.services]\ntsa = \"http://a\"\n";
    return ReadConfig(path);
  }

  const tests::TempDir dir_;
};

TEST_F(ConfigHsmTest, ATokenHasThreeSecondsForACallAndAModuleNoArguments) {
  const hsm::KeyholderConfig hsm = Read("").value().hsm;
  EXPECT_EQ(hsm.call_deadline, std::chrono::seconds(3));
  EXPECT_EQ(hsm.module_arguments, "");
}

TEST_F(ConfigHsmTest, BothCanBeSaid) {
  const hsm::KeyholderConfig hsm =
      Read("call_seconds = 20\nmodule_arguments = \"configdir='sql:/d'\"\n").value().hsm;
  EXPECT_EQ(hsm.call_deadline, std::chrono::seconds(20));
  EXPECT_EQ(hsm.module_arguments, "configdir='sql:/d'");
}

TEST_F(ConfigHsmTest, KeysAMinuteAreLimitedByUseAndAtLeastACallsWorth) {
  const auto limited = Read("keys_per_minute = { read = 256, export = 9000 }\n");
  ASSERT_TRUE(limited.ok()) << limited.error().message;
  EXPECT_EQ(limited.value().hsm.keys_per_minute.at("export"), 9000U);
  EXPECT_FALSE(Read("keys_per_minute = { read = 255 }\n").ok());
  EXPECT_FALSE(Read("keys_per_minute = { sell = 256 }\n").ok());
}

TEST_F(ConfigHsmTest, ADeadlineIsOneSecondToOneMinute) {
  EXPECT_FALSE(Read("call_seconds = 0\n").ok());
  EXPECT_FALSE(Read("call_seconds = 61\n").ok());
}

}  // namespace
}  // namespace api
