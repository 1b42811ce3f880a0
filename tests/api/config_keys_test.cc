#include <gtest/gtest.h>

#include <fstream>

#include "api/config.h"
#include "tests/fakes/request_key.h"
#include "tests/fakes/temp_dir.h"

namespace api {
namespace {

class ConfigKeysTest : public testing::Test {
 protected:
  ConfigKeysTest() {
    std::ofstream(dir_.path() / "request.pub") << base::AsText(tests::RequestKey("P-256").Public());
    std::ofstream(dir_.path() / "weak.pub")
        << base::AsText(tests::RequestKey("RSA", 1024).Public());
  }

  base::Result<Config> Read(const std::string& rest) const {
    const auto path = dir_.path() / "edocvaultd.toml";
    std::ofstream(path) << "[vault]\ndata = \"data\"\n[listen]\naddress = \"127.0.0.1\"\nport = 1\n"
                           "certificate = \"c\"\nkey = \"k\"\nclient_ca = \"ca\"\n[hsm]\n"
                           "module = \"m\"\ntoken = \"t\"\npin_file = \"p\"\nlog_origin = \"o\"\n"
                           "[courier.services]\ntsa = \"http://a\"\n"
                        << rest;
    return ReadConfig(path);
  }
  std::string Complaint(const std::string& rest) const {
    const auto config = Read(rest);
    return config.ok() ? "" : config.error().message;
  }
  static std::string Key(const std::string& rest) {
    return "[[key]]\nlabel = \"k1\"\nagency = \"a1\"\n" + rest + "\n";
  }
  static std::string CallerOf(const std::string& agency) {
    return "[[caller]]\nname = \"c\"\nrole = \"agency\"\nagency = \"" + agency +
           "\"\ncertificate_sha256 = \"" + std::string(64, '0') + "\"\nkeys = [\"k1\"]\n";
  }

  const tests::TempDir dir_;
};

TEST_F(ConfigKeysTest, AKeyHasAnAgencyAndRequestKeysOrAQuota) {
  const Config config =
      Read(Key("request_keys = [\"request.pub\"]") +
           "[[key]]\nlabel = \"k2\"\nagency = \"a2\"\nunattended_per_hour = 7\n" + CallerOf("a1"))
          .value();
  const hsm::SealRule& attended = config.hsm.seal_rules.at("k1");
  EXPECT_EQ(attended.agency, "a1");
  EXPECT_EQ(attended.approvers.size(), 1U);
  EXPECT_EQ(config.hsm.seal_rules.at("k2").hourly, 7U);
}

TEST_F(ConfigKeysTest, NeitherOrBothIsRefused) {
  EXPECT_NE(Complaint(Key("")), "");
  EXPECT_NE(Complaint(Key("request_keys = []")), "");
  EXPECT_NE(Complaint(Key("request_keys = [\"request.pub\"]\nunattended_per_hour = 7")), "");
  EXPECT_NE(Complaint(Key("unattended_per_hour = 0")), "");
}

TEST_F(ConfigKeysTest, ARequestKeyThatCannotApproveIsRefused) {
  EXPECT_NE(Complaint(Key("request_keys = [\"weak.pub\"]")), "");
  EXPECT_NE(Complaint(Key("request_keys = [\"missing.pub\"]")), "");
}

TEST_F(ConfigKeysTest, ACallerUsesOnlyKeysOfItsOwnAgency) {
  const std::string key = Key("unattended_per_hour = 7");
  EXPECT_EQ(Complaint(key + CallerOf("a1")), "");
  EXPECT_NE(Complaint(key + CallerOf("a2")), "");
  EXPECT_NE(Complaint(CallerOf("a1")), "") << "a key without an entry";
  EXPECT_NE(Complaint(key + key), "") << "twice";
}

// What is kept for one would be given to the other.
TEST_F(ConfigKeysTest, TwoCallersShareNeitherNameNorCertificate) {
  const auto caller = [](const std::string& name, char digit) {
    return "[[caller]]\nname = \"" + name + "\"\nrole = \"agency\"\nagency = \"" + name +
           "\"\ncertificate_sha256 = \"" + std::string(64, digit) + "\"\n";
  };
  EXPECT_EQ(Complaint(caller("a", '1') + caller("b", '2')), "");
  EXPECT_NE(Complaint(caller("a", '1') + caller("a", '2')), "");
  EXPECT_NE(Complaint(caller("a", '1') + caller("b", '1')), "");
}

}  // namespace
}  // namespace api
