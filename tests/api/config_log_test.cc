#include <gtest/gtest.h>

#include "tests/fakes/config_case.h"
#include "tests/fakes/note_signer.h"

namespace api {
namespace {

class ConfigLogTest : public tests::ConfigCase {
 protected:
  static std::string Witness(const std::string& url, const std::string& key) {
    return "[[witness]]\nurl = \"" + url + "\"\nkey = \"" + key + "\"\n";
  }
  const tests::NoteSigner witness_{"w.example/1", tests::NoteSigner::kCosignature};
};

TEST_F(ConfigLogTest, NothingIsWitnessedWithoutTheParts) {
  const Config config = Read("").value();
  EXPECT_TRUE(config.checkpoints.witnesses.empty());
  EXPECT_TRUE(config.checkpoints.anchor.empty());
  EXPECT_EQ(config.checkpoints.stamp.count(), 0);
}

TEST_F(ConfigLogTest, TheCourierHasWhereAWitnessTakesCheckpoints) {
  const Config config = Read("[checkpoints]\nanchor = \"a\"\nstamp_minutes = 30\n" +
                             Witness("https://w.example/p/", witness_.VerifierKey()))
                            .value();
  ASSERT_EQ(config.checkpoints.witnesses.size(), 1U);
  const WitnessConfig& witness = config.checkpoints.witnesses.front();
  EXPECT_EQ(witness.name, "w.example/1");
  EXPECT_EQ(config.courier.services.at(witness.service), "https://w.example/p/add-checkpoint");
  EXPECT_EQ(config.checkpoints.anchor, dir_.path() / "a");
  EXPECT_EQ(config.checkpoints.stamp, std::chrono::minutes(30));
}

TEST_F(ConfigLogTest, WhatIsNoWitnessStopsTheStart) {
  const std::string good = Witness("https://w.example", witness_.VerifierKey());
  EXPECT_EQ(Complaint(good), "");
  EXPECT_NE(Complaint(good + good), "");
  EXPECT_NE(Complaint(Witness("file:///w", witness_.VerifierKey())), "");
  EXPECT_NE(Complaint(Witness("https://w.example", "w.example/1+00000000+AAAA")), "");
  EXPECT_NE(Complaint(Witness("https://w", tests::NoteSigner("w.example/1").VerifierKey())), "");
  EXPECT_NE(Complaint("[[witness]]\nurl = \"https://w\"\n"), "");
  EXPECT_NE(Complaint("[checkpoints]\nstamp_minutes = -1\n"), "");
  EXPECT_NE(Complaint("[checkpoints]\nstamp = \"1h\"\n"), "");
}

}  // namespace
}  // namespace api
