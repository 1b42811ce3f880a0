#include <gtest/gtest.h>

#include <fstream>

#include "tests/fakes/config_case.h"
#include "tests/fakes/request_key.h"

namespace api {
namespace {

class ConfigKeysTest : public tests::ConfigCase {
 protected:
  ConfigKeysTest() {
    const base::Bytes request = tests::RequestKey("P-256").Public();
    std::ofstream(dir_.path() / "request.pub") << base::AsText(request);
    std::ofstream(dir_.path() / "again.pub") << "Alice\n" << base::AsText(request);
    std::ofstream(dir_.path() / "bob.pub") << base::AsText(tests::RequestKey("ED25519").Public());
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
  EXPECT_EQ(hsm::OnToken(hsm, "second").value().token_label, "t2");
  EXPECT_FALSE(hsm::OnToken(hsm, "second").value().second);
  EXPECT_NE(Complaint(second + "more = 1\n"), "");
  EXPECT_NE(Complaint("[hsm.second]\nmodule = \"m\"\ntoken = \"t\"\npin_file = \"p2\"\n"), "");
  EXPECT_NE(Complaint("[hsm.second]\ntoken = \"t2\"\n"), "");
}

TEST_F(ConfigKeysTest, AnAgencysKeyMayBeInATokenOfItsOwn) {
  const std::string token =
      "[[token]]\nname = \"riga\"\nmodule = \"m\"\ntoken = \"t3\"\npin_file = \"p3\"\n";
  const std::string key = Key("unattended_per_hour = 7\ntoken = \"riga\"");
  const hsm::KeyholderConfig hsm = Read(token + key).value().hsm;
  ASSERT_EQ(hsm.seal_rules.size(), 1U);
  EXPECT_TRUE(hsm::OnToken(hsm, "").value().seal_rules.empty());
  const hsm::KeyholderConfig rigas = hsm::OnToken(hsm, "riga").value();
  EXPECT_EQ(rigas.token_label, "t3");
  EXPECT_EQ(rigas.seal_rules.size(), 1U);
  EXPECT_TRUE(rigas.seals_only);
  EXPECT_NE(rigas.seal_uses, hsm.seal_uses);
  EXPECT_NE(rigas.pin_refused_mark, hsm.pin_refused_mark);
  EXPECT_EQ(hsm::OnToken(hsm, "liepaja").error().reason, "config.malformed");
  EXPECT_EQ(hsm::OnToken(hsm, "second").error().reason, "config.malformed");
  EXPECT_NE(Complaint(key), "") << "a token that nobody named";
  EXPECT_NE(Complaint(token + token), "");
  for (const char* bad : {"second", "", "../x", "R"})
    EXPECT_NE(Complaint("[[token]]\nname = \"" + std::string(bad) +
                        "\"\nmodule = \"m\"\ntoken = \"t3\"\npin_file = \"p3\"\n"),
              "")
        << bad;
  EXPECT_NE(Complaint("[[token]]\nname = \"a\"\nmodule = \"m\"\ntoken = \"t\"\npin_file = \"p\"\n"),
            "")
      << "the label of the vault's token";
}

}  // namespace
}  // namespace api
