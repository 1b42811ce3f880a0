#include <gtest/gtest.h>

#include <fstream>

#include "tests/fakes/config_case.h"
#include "tests/fakes/request_key.h"

namespace api {
namespace {

class ConfigKeysTest : public tests::ConfigCase {
 protected:
  ConfigKeysTest() {
    std::ofstream(dir_.path() / "request.pub") << base::AsText(tests::RequestKey("P-256").Public());
    std::ofstream(dir_.path() / "weak.pub")
        << base::AsText(tests::RequestKey("RSA", 1024).Public());
  }

  static std::string Key(const std::string& rest) {
    return "[[key]]\nlabel = \"k1\"\nagency = \"a1\"\n" + rest + "\n";
  }
  static std::string CallerOf(const std::string& agency) {
    return "[[caller]]\nname = \"c\"\nrole = \"agency\"\nagency = \"" + agency +
           "\"\ncertificate_sha256 = \"" + std::string(64, '0') + "\"\nkeys = [\"k1\"]\n";
  }
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

TEST_F(ConfigKeysTest, HashesAreNeverSignedUnattended) {
  EXPECT_EQ(Complaint(Key("request_keys = [\"request.pub\"]\nsigns_hashes = true")), "");
  EXPECT_NE(Complaint(Key("unattended_per_hour = 7\nsigns_hashes = true")), "");
  EXPECT_NE(Complaint(Key("request_keys = [\"request.pub\"]\nsigns_hashes = 1")), "");
}

TEST_F(ConfigKeysTest, TheConsortiumsInterfaceIsServedWhenItHasAName) {
  EXPECT_FALSE(Read("").value().csc.has_value());
  EXPECT_EQ(Read("[csc]\nname = \"n\"\nregion = \"LV\"\n").value().csc->region, "LV");
  EXPECT_NE(Complaint("[csc]\nname = \"n\"\n"), "");
}

TEST_F(ConfigKeysTest, AQuotaIsOfATsaThatIsThere) {
  const std::string tsas = "[timestamps]\ntsa_certificate_sha256 = []\nhourly = ";
  EXPECT_EQ(Read(tsas + "{ tsa = 5 }\n").value().tsa_hourly.at("tsa"), 5U);
  EXPECT_NE(Complaint(tsas + "{ other = 5 }\n"), "");
  EXPECT_NE(Complaint(tsas + "{ tsa = 0 }\n"), "");
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
