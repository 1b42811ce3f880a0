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
    const base::Bytes request = tests::RequestKey("P-256").Public();
    std::ofstream(dir_.path() / "request.pub") << base::AsText(request);
    std::ofstream(dir_.path() / "again.pub") << "Alice\n" << base::AsText(request);
    std::ofstream(dir_.path() / "bob.pub") << base::AsText(tests::RequestKey("ED25519").Public());
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

TEST_F(ConfigKeysTest, WithoutCustodiansNobodyTouchesAKey) {
  EXPECT_EQ(Read("").value().hsm.ceremony.quorum, 2U);
  EXPECT_TRUE(Read("").value().hsm.ceremony.custodians.empty());
  EXPECT_EQ(Read("[ceremony]\nquorum = 0\n").value().hsm.ceremony.quorum, 0U);
  const auto rules = Read("[ceremony]\ncustodians = [\"request.pub\", \"bob.pub\"]\n").value();
  EXPECT_EQ(rules.hsm.ceremony.quorum, 2U);
  EXPECT_EQ(rules.hsm.ceremony.custodians.size(), 2U);
  EXPECT_EQ(rules.hsm.ceremony.log, dir_.path() / "data/ceremony-log");
}

TEST_F(ConfigKeysTest, TwoPairsOfEyesAreTwo) {
  const std::string two = "[ceremony]\ncustodians = [\"request.pub\", \"bob.pub\"]\n";
  EXPECT_NE(Complaint(two + "quorum = 1\n"), "");
  EXPECT_NE(Complaint(two + "quorum = 3\n"), "");
  EXPECT_NE(Complaint(two + "quorum = 0\n"), "");
  EXPECT_NE(Complaint("[ceremony]\n"), "");
  EXPECT_NE(Complaint("[ceremony]\ncustodians = [\"request.pub\", \"again.pub\"]\n"), "");
  EXPECT_NE(Complaint("[ceremony]\ncustodians = [\"request.pub\", \"weak.pub\"]\n"), "");
  EXPECT_NE(Complaint(two + "more = 1\n"), "");
}

TEST_F(ConfigKeysTest, ASecondTokenHasItsOwnPinAndLabel) {
  EXPECT_FALSE(Read("").value().hsm.second);
  const std::string second = "[hsm.second]\nmodule = \"m\"\ntoken = \"t2\"\npin_file = \"p2\"\n";
  const hsm::KeyholderConfig hsm = Read(second + "after_seconds = 7\n").value().hsm;
  EXPECT_EQ(hsm.second->token_label, "t2");
  EXPECT_NE(hsm.second->pin_refused_mark, hsm.pin_refused_mark);
  EXPECT_EQ(hsm.token_patience, std::chrono::seconds(7));
  EXPECT_EQ(hsm.token_choice, dir_.path() / "data/token-in-use");
  EXPECT_EQ(hsm::OnSecondToken(hsm).token_label, "t2");
  EXPECT_FALSE(hsm::OnSecondToken(hsm).second);
  EXPECT_NE(Complaint(second + "more = 1\n"), "");
  EXPECT_NE(Complaint("[hsm.second]\nmodule = \"m\"\ntoken = \"t\"\npin_file = \"p2\"\n"), "");
  EXPECT_NE(Complaint("[hsm.second]\ntoken = \"t2\"\n"), "");
}

}  // namespace
}  // namespace api
