#include <gtest/gtest.h>

#include "emulator/emulator.h"
#include "tests/fakes/note_signer.h"
#include "tests/fakes/temp_dir.h"
#include "vault/merkle.h"
#include "vault/proof.h"
#include "vault/witnessing.h"

namespace emulator {
namespace {

const base::Time kNow(std::chrono::seconds(1'795'000'000));

// A log in memory: all of its nodes, so that any proof can be had.
class WitnessTest : public testing::Test {
 protected:
  void Grow(int count, std::string_view what = "entry") {
    for (int i = 0; i < count; ++i)
      leaves_.push_back(vault::LeafHash(base::AsBytes(std::string(what) + std::to_string(i))));
  }
  base::Sha256Digest NodeOf(const vault::TreeNode& node) const {
    if (node.level == 0) return leaves_.at(node.index);
    return vault::NodeHash(NodeOf({node.level - 1, node.index * 2}),
                           NodeOf({node.level - 1, node.index * 2 + 1}));
  }
  vault::NodeReader Reader() const {
    return [this](const vault::TreeNode& node) -> base::Result<base::Sha256Digest> {
      return NodeOf(node);
    };
  }
  std::string Note(std::uint64_t size) const {
    return log_.Checkpoint(size, vault::RootAt(size, Reader()).value());
  }
  WitnessAnswer Add(std::uint64_t old_size, std::uint64_t size) {
    return witness_->AddCheckpoint(
        vault::AddCheckpointBody(old_size, vault::ConsistencyPath(old_size, size, Reader()).value(),
                                 Note(size)),
        kNow);
  }

  const tests::TempDir dir_;
  const tests::NoteSigner log_{"log.example/a"};
  std::unique_ptr<Witness> witness_ =
      Witness::Open(dir_.path(), "w.example", {log_.VerifierKey()}).value();
  vault::Digests leaves_;
};

TEST_F(WitnessTest, CosignsWhatGrewAndRemembersItAcrossARestart) {
  Grow(10);
  const WitnessAnswer answer = Add(0, 4);
  ASSERT_EQ(answer.status, 200);
  EXPECT_TRUE(
      vault::WithCosignature(Note(4), answer.body, witness_->verifier_key(), {.now = kNow}).ok());
  const std::string key = witness_->verifier_key();
  witness_ = Witness::Open(dir_.path(), "w.example", {log_.VerifierKey()}).value();
  EXPECT_EQ(witness_->verifier_key(), key);
  EXPECT_EQ(Add(0, 10).status, 409);
  EXPECT_EQ(Add(0, 10).body, "4\n");
  EXPECT_EQ(Add(4, 10).status, 200);
  EXPECT_EQ(Add(10, 10).status, 200);
}

TEST_F(WitnessTest, RefusesARollback) {
  Grow(10);
  ASSERT_EQ(Add(0, 10).status, 200);
  EXPECT_EQ(Add(4, 6).status, 409);
  EXPECT_EQ(Add(0, 6).body, "10\n");
}

TEST_F(WitnessTest, RefusesAFork) {
  Grow(10);
  ASSERT_EQ(Add(0, 10).status, 200);
  leaves_.clear();
  Grow(12, "other");
  EXPECT_EQ(Add(10, 12).status, 422);
  EXPECT_EQ(Add(10, 10).status, 409);
}

TEST_F(WitnessTest, RefusesOtherLogsAndSignatures) {
  Grow(1);
  const auto add = [&](const tests::NoteSigner& signer) {
    return witness_
        ->AddCheckpoint(vault::AddCheckpointBody(0, {}, signer.Checkpoint(1, leaves_[0])), kNow)
        .status;
  };
  EXPECT_EQ(add(tests::NoteSigner("log.example/b")), 404);
  EXPECT_EQ(add(tests::NoteSigner("log.example/a")), 403);
}

TEST_F(WitnessTest, RefusesWhatDoesNotRead) {
  Grow(2);
  const std::string good = vault::AddCheckpointBody(0, {}, Note(1));
  for (const std::string& body :
       {std::string(), std::string("old 0"), good.substr(4), "old 00" + good.substr(5),
        "old 2" + good.substr(5), "old 0\nnonsense" + good.substr(5),
        vault::AddCheckpointBody(0, {leaves_[0]}, Note(1)), "old \n" + good.substr(5)})
    EXPECT_EQ(witness_->AddCheckpoint(body, kNow).status, 400) << body;
  EXPECT_EQ(witness_->AddCheckpoint(good, kNow).status, 200);
}

}  // namespace
}  // namespace emulator
