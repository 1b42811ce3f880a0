// Checkpoints with what outsiders add: real ledger, notes and witness; the way out is a fake.
#include "api/flow/endorse_checkpoint.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "api/flow/publish_checkpoint.h"
#include "emulator/emulator.h"
#include "tests/fakes/fake_sealing.h"
#include "tests/fakes/fake_vault_keys.h"
#include "tests/fakes/note_signer.h"
#include "tests/fakes/temp_dir.h"
#include "tests/fakes/vault_records.h"
#include "vault/witnessing.h"

namespace api {
namespace {

constexpr const char* kOrigin = "log.example/a";

// A vault of one log, its token and its way out; `data` may be copied while it is closed.
struct Vault {
  Vault(const std::filesystem::path& data, const tests::NoteSigner& log,
        const CheckpointConfig& set, const base::Clock& clock)
      : ledger(vault::Ledger::Open(data, tests::kSmallLedger).value()),
        anchor(set.anchor, kOrigin),
        desk(inspector, outbound, trust, clock),
        publish(*ledger, keys, anchor),
        endorse(*ledger, outbound, desk, set, clock) {
    keys.sign = [&log](const hsm::CheckpointBody& body) {
      return log.Checkpoint(body.size, body.root);
    };
    inspector.timestamp_time = clock.Now();
    trust.tsa_certificates = {base::HexEncode(base::Sha256(base::ToBytes("tsa")).bytes)};
  }
  void Append(int count = 1) {
    for (int i = 0; i < count; ++i)
      EXPECT_TRUE(ledger->Append(tests::DocumentOf(vault::ClientId::New())).ok());
  }
  vault::Ledger::Checkpoint Newest() const { return ledger->LatestCheckpoint().value(); }

  std::unique_ptr<vault::Ledger> ledger;
  tests::FakeVaultKeys keys;
  tests::FakeInspector inspector;
  tests::FakeOutbound outbound;
  TimestampTrust trust;
  CheckpointAnchor anchor;
  EvidenceDesk desk;
  PublishCheckpoint publish;
  EndorseCheckpoint endorse;
};

class EndorseCheckpointTest : public testing::Test {
 protected:
  EndorseCheckpointTest() {
    rules_.witnesses = {{"w.example", witness_->verifier_key(), "witness w.example"}};
  }
  std::unique_ptr<Vault> Open(const std::string& data = "data") {
    auto vault = std::make_unique<Vault>(dir_.path() / data, log_, rules_, clock_);
    vault->outbound.ask = [this](const std::string&,
                                 base::ByteSpan body) -> base::Result<HttpAnswer> {
      ++asked_;
      if (away_) return base::Error{base::ErrorCode::kUnavailable, "courier.no-answer", "away"};
      if (instead_) return *instead_;
      const auto answer = witness_->AddCheckpoint(base::AsText(body), clock_.Now());
      return HttpAnswer{answer.status, base::ToBytes(answer.body)};
    };
    return vault;
  }
  // What a round adds to a newly signed checkpoint.
  static vault::Ledger::Checkpoint Round(Vault& vault) {
    EXPECT_TRUE(vault.publish.Run().ok());
    vault.endorse.Run();
    return vault.Newest();
  }
  void CopyData(const char* from, const char* to) const {
    std::filesystem::remove_all(dir_.path() / to);
    std::filesystem::copy(dir_.path() / from, dir_.path() / to,
                          std::filesystem::copy_options::recursive);
  }
  bool IsCosigned(const vault::Ledger::Checkpoint& checkpoint) const {
    return vault::CosignedAt(checkpoint.note, rules_.witnesses[0].key).has_value();
  }

  const tests::TempDir dir_;
  tests::FixedClock clock_;
  const tests::NoteSigner log_{kOrigin};
  std::unique_ptr<emulator::Witness> witness_ =
      emulator::Witness::Open(dir_.path() / "witness", "w.example", {log_.VerifierKey()}).value();
  CheckpointConfig rules_;
  int asked_ = 0;
  bool away_ = false;
  std::optional<HttpAnswer> instead_;
};

TEST_F(EndorseCheckpointTest, TheWitnessCosignsEachCheckpointAsTheLogGrows) {
  const auto vault = Open();
  for (const int count : {1, 3, 9}) {
    vault->Append(count);
    const auto checkpoint = Round(*vault);
    EXPECT_TRUE(IsCosigned(checkpoint)) << count;
    EXPECT_TRUE(vault->endorse.Pending(checkpoint).empty());
  }
  EXPECT_EQ(asked_, 3);
}

TEST_F(EndorseCheckpointTest, NothingIsSignedOrAskedWhenNothingWasAdded) {
  const auto vault = Open();
  vault->Append();
  const auto first = Round(*vault);
  const int calls = vault->keys.calls;
  EXPECT_EQ(Round(*vault).note, first.note);
  EXPECT_EQ(vault->keys.calls, calls);
  EXPECT_EQ(asked_, 1);
}

TEST_F(EndorseCheckpointTest, CosignaturesAndStampOutliveARestart) {
  rules_.stamp = std::chrono::minutes(60);
  std::string note;
  {
    const auto vault = Open();
    vault->Append();
    note = Round(*vault).note;
  }
  const auto vault = Open();
  ASSERT_TRUE(vault->publish.ConfirmHead().ok());
  EXPECT_EQ(vault->Newest().note, note);
  EXPECT_TRUE(IsCosigned(vault->Newest()));
  EXPECT_EQ(base::ToString(vault->Newest().stamp), "token");
}

TEST_F(EndorseCheckpointTest, AWitnessThatIsAheadNamesItsSizeAndGetsAProofFromThere) {
  {
    const auto vault = Open();
    vault->Append(5);
    Round(*vault);
  }
  const auto vault = Open();  // Knows nothing of what the witness saw.
  vault->Append(5);
  EXPECT_TRUE(IsCosigned(Round(*vault)));
  EXPECT_EQ(asked_, 3);  // Once before, then 409 and 200.
}

TEST_F(EndorseCheckpointTest, WithoutTheWitnessTheLogGoesOnAndSaysSo) {
  const auto vault = Open();
  away_ = true;
  vault->Append();
  const auto checkpoint = Round(*vault);
  EXPECT_EQ(checkpoint.size, 1U);
  EXPECT_EQ(vault->endorse.Pending(checkpoint), std::vector<std::string>{"w.example"});
  const base::Json report = vault->endorse.Report(base::Language::kEnglish);
  const base::Json* last = report.Find("witnesses")->AsArray()->front().Find("last");
  EXPECT_EQ(last->Find("error")->Text("code"), "courier.no-answer");
  EXPECT_TRUE(vault->endorse.RequireUndisputed().ok());
}

TEST_F(EndorseCheckpointTest, AWitnessThatIsAwayIsAskedLessAndLessAndComesBack) {
  const auto vault = Open();
  away_ = true;
  vault->Append();
  for (int i = 0; i < 100; ++i) {
    Round(*vault);
    clock_.now += std::chrono::seconds(1);
  }
  EXPECT_LT(asked_, 10);
  away_ = false;
  clock_.now += std::chrono::seconds(60);
  EXPECT_TRUE(IsCosigned(Round(*vault)));
}

TEST_F(EndorseCheckpointTest, AnAnswerThatIsNoCosignatureAddsNothing) {
  const auto vault = Open();
  const tests::NoteSigner other("w.example", tests::NoteSigner::kCosignature);
  vault->Append();
  for (const HttpAnswer& answer :
       {HttpAnswer{200, {}}, HttpAnswer{200, base::ToBytes("nonsense")},
        HttpAnswer{200, base::ToBytes(other.CosignatureLine("x", 1))}, HttpAnswer{500, {}},
        HttpAnswer{409, base::ToBytes("many\n")}, HttpAnswer{404, {}}, HttpAnswer{403, {}},
        HttpAnswer{409, base::ToBytes("0\n")}}) {
    instead_ = answer;
    clock_.now += std::chrono::seconds(120);
    EXPECT_FALSE(IsCosigned(Round(*vault))) << answer.status;
    EXPECT_TRUE(vault->endorse.RequireUndisputed().ok()) << answer.status;
  }
}

TEST_F(EndorseCheckpointTest, ATimestampIsMadeOncePerPeriodAndWhenSomethingWasAdded) {
  rules_.stamp = std::chrono::minutes(60);
  const auto vault = Open();
  vault->Append();
  EXPECT_EQ(base::ToString(Round(*vault).stamp), "token");
  vault->Append();
  EXPECT_TRUE(Round(*vault).stamp.empty());
  clock_.now += std::chrono::minutes(61);
  vault->inspector.timestamp_time = clock_.now;
  EXPECT_FALSE(Round(*vault).stamp.empty());
  EXPECT_EQ(vault->ledger->FirstStamped(0).value().size, 1U);
}

TEST_F(EndorseCheckpointTest, WithoutTheTsaTheLogGoesOnAndSaysSo) {
  rules_.stamp = std::chrono::minutes(60);
  const auto vault = Open();
  vault->outbound.next_error = base::Error{base::ErrorCode::kUnavailable, "courier.no-answer", ""};
  vault->Append();
  const auto checkpoint = Round(*vault);
  EXPECT_TRUE(IsCosigned(checkpoint));
  EXPECT_EQ(vault->endorse.Pending(checkpoint), std::vector<std::string>{"timestamp"});
}

TEST_F(EndorseCheckpointTest, TheBestCheckpointForAnEntryIsOldAndComplete) {
  rules_.stamp = std::chrono::minutes(60);
  const auto vault = Open();
  vault->Append();
  const auto stamped = Round(*vault);
  vault->Append();
  const auto newest = Round(*vault);
  EXPECT_EQ(vault->endorse.Best(1, newest).size, stamped.size);
  EXPECT_EQ(vault->endorse.Best(2, newest).size, newest.size);
}

// ---- Attackers: who sets the data back. ----

TEST_F(EndorseCheckpointTest, AnOlderCopyIsRefusedByTheWitness) {
  {
    const auto vault = Open();
    vault->Append(3);
    Round(*vault);
  }
  CopyData("data", "older");
  {
    const auto vault = Open();
    vault->Append(3);
    Round(*vault);
  }
  const auto vault = Open("older");
  EXPECT_EQ(vault->endorse.AskAtStart().error().reason, "ledger.rolled-back");
  EXPECT_TRUE(Open()->endorse.AskAtStart().ok());
}

TEST_F(EndorseCheckpointTest, AForkIsRefusedByTheWitness) {
  {
    const auto vault = Open();
    vault->Append(3);
    Round(*vault);
  }
  CopyData("data", "fork");
  {
    const auto vault = Open();
    vault->Append(3);
    Round(*vault);
  }
  for (const int more : {3, 5}) {  // The same size with another root; a larger one.
    CopyData("fork", "grown");
    away_ = true;
    const auto vault = Open("grown");
    vault->Append(more);
    Round(*vault);
    away_ = false;
    EXPECT_EQ(vault->endorse.AskAtStart().error().reason, "ledger.rolled-back") << more;
    // Also when it goes away after that.
    away_ = true;
    vault->endorse.Run();
    clock_.now += std::chrono::seconds(120);
    vault->endorse.Run();
    EXPECT_FALSE(vault->endorse.RequireUndisputed().ok());
    away_ = false;
  }
}

TEST_F(EndorseCheckpointTest, AnOlderCopyIsRefusedByTheAnchor) {
  rules_.anchor = dir_.path() / "anchor";
  {
    const auto vault = Open();
    EXPECT_TRUE(vault->anchor.Check(*vault->ledger).ok());  // None yet.
    vault->Append(3);
    Round(*vault);
  }
  CopyData("data", "older");
  std::filesystem::copy(rules_.anchor, dir_.path() / "older-anchor");
  {
    const auto vault = Open();
    EXPECT_TRUE(vault->anchor.Check(*vault->ledger).ok());
    vault->Append(3);
    Round(*vault);
  }
  const auto vault = Open("older");
  EXPECT_EQ(vault->anchor.Check(*vault->ledger).error().reason, "ledger.rolled-back");
  // Who sets back the anchor, too, is known to the witness.
  std::filesystem::rename(dir_.path() / "older-anchor", rules_.anchor);
  EXPECT_TRUE(vault->anchor.Check(*vault->ledger).ok());
  EXPECT_EQ(vault->endorse.AskAtStart().error().reason, "ledger.rolled-back");
}

TEST_F(EndorseCheckpointTest, AForkAndADamagedAnchorAreRefused) {
  rules_.anchor = dir_.path() / "anchor";
  {
    const auto vault = Open();
    vault->Append(3);
    Round(*vault);
  }
  const auto fork = Open("fork");
  fork->Append(5);
  EXPECT_EQ(fork->anchor.Check(*fork->ledger).error().reason, "ledger.rolled-back");
  std::filesystem::resize_file(rules_.anchor, 20);
  EXPECT_EQ(fork->anchor.Check(*fork->ledger).error().reason, "anchor.damaged");
}

TEST_F(EndorseCheckpointTest, AnAnchorThatCannotBeWrittenDoesNotStopTheLog) {
  rules_.anchor = dir_.path() / "nowhere" / "anchor";
  const auto vault = Open();
  vault->Append();
  EXPECT_EQ(vault->publish.Run().error().reason, "disk.unwritable");
  EXPECT_EQ(vault->Newest().size, 1U);
}

}  // namespace
}  // namespace api
