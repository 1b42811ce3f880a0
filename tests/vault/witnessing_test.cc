#include "vault/witnessing.h"

#include <gtest/gtest.h>

#include "tests/fakes/note_signer.h"
#include "vault/signed_note.h"

namespace vault {
namespace {

constexpr std::uint64_t kNow = 1'795'000'000;

class WitnessingTest : public testing::Test {
 protected:
  base::Result<std::string> With(const std::string& note, const std::string& answer) const {
    return WithCosignature(note, answer, witness_.VerifierKey(), rules_);
  }
  std::string Line(std::uint64_t time = kNow) const {
    return witness_.CosignatureLine(text_, time);
  }

  const tests::NoteSigner log_{"log.example/a"};
  const tests::NoteSigner witness_{"witness.example/w", tests::NoteSigner::kCosignature};
  const tests::NoteSigner other_{"witness.example/v", tests::NoteSigner::kCosignature};
  const CosignatureRules rules_{.now = base::Time(std::chrono::seconds(kNow))};
  const base::Sha256Digest root_ = base::Sha256(base::AsBytes("root"));
  const std::string note_ = log_.Checkpoint(42, root_);
  const std::string text_ = ParseSignedNote(note_)->text;
};

TEST_F(WitnessingTest, ACosignatureIsKeptBelowTheLogsSignature) {
  const auto with = With(note_, Line());
  ASSERT_TRUE(with.ok()) << with.error().message;
  EXPECT_EQ(with.value(), note_ + Line());
  EXPECT_EQ(CosignedAt(with.value(), witness_.VerifierKey()), rules_.now);
  EXPECT_EQ(NotedHead(with.value(), "log.example/a").value(), (TreeHead{42, root_}));
}

TEST_F(WitnessingTest, ANewerOneTakesThePlaceOfTheOlder) {
  const std::string first = With(note_, Line(kNow - 10)).value();
  EXPECT_EQ(With(first, Line()).value(), note_ + Line());
}

TEST_F(WitnessingTest, EachWitnessHasItsLine) {
  const std::string first = With(note_, Line()).value();
  const auto both =
      WithCosignature(first, other_.CosignatureLine(text_, kNow), other_.VerifierKey(), rules_);
  EXPECT_EQ(CosignedAt(both.value(), witness_.VerifierKey()), rules_.now);
  EXPECT_EQ(CosignedAt(both.value(), other_.VerifierKey()), rules_.now);
}

TEST_F(WitnessingTest, LinesOfOtherKeysAreDropped) {
  EXPECT_EQ(With(note_, other_.CosignatureLine(text_, kNow) + Line()).value(), note_ + Line());
}

TEST_F(WitnessingTest, WhatDoesNotVerifyIsRefused) {
  const std::string other_text = "log.example/a\n43\n";
  for (const std::string& answer :
       {std::string(), std::string("nonsense\n"), other_.CosignatureLine(text_, kNow),
        witness_.CosignatureLine(other_text, kNow), witness_.SignatureLine(text_),
        std::string(70'000, 'a')})
    EXPECT_EQ(With(note_, answer).error().reason, "witness.bad-cosignature")
        << answer.substr(0, 50);
}

TEST_F(WitnessingTest, ATimeFarFromOursIsRefused) {
  for (const std::uint64_t time : {std::uint64_t{0}, kNow - 301, kNow + 301, ~std::uint64_t{0}})
    EXPECT_EQ(With(note_, Line(time)).error().reason, "witness.bad-cosignature") << time;
  EXPECT_TRUE(With(note_, Line(kNow + 300)).ok());
}

TEST_F(WitnessingTest, ALogsKeyIsNoWitnessesKey) {
  EXPECT_EQ(WitnessName(log_.VerifierKey()).error().reason, "witness.bad-key");
  EXPECT_EQ(WitnessName("x").error().reason, "witness.bad-key");
  EXPECT_EQ(WitnessName(witness_.VerifierKey()).value(), "witness.example/w");
  EXPECT_FALSE(CosignedAt(note_, log_.VerifierKey()));
}

TEST_F(WitnessingTest, AHeadIsOfItsLogAlone) {
  EXPECT_EQ(NotedHead(note_, "log.example/b").error().reason, "checkpoint.damaged");
  EXPECT_EQ(NotedHead("", "log.example/a").error().reason, "checkpoint.damaged");
}

TEST_F(WitnessingTest, WhatIsStampedDoesNotChangeWithCosignatures) {
  EXPECT_EQ(SignedPart(note_), note_);
  EXPECT_EQ(SignedPart(With(note_, Line()).value()), note_);
}

TEST_F(WitnessingTest, ARequestIsOldSizeProofAndNote) {
  EXPECT_EQ(AddCheckpointBody(7, {root_}, note_),
            "old 7\n" + base::Base64Encode(root_.span()) + "\n\n" + note_);
  EXPECT_EQ(AddCheckpointBody(0, {}, note_), "old 0\n\n" + note_);
}

TEST_F(WitnessingTest, AConflictNamesASize) {
  EXPECT_EQ(SizeOfConflict("42\n"), 42U);
  for (const char* body : {"", "42", "\n", "042\n", "42\n\n", "-1\n"})
    EXPECT_FALSE(SizeOfConflict(body)) << body;
}

}  // namespace
}  // namespace vault
