#include "hsm/checkpoint_guard.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "tests/fakes/temp_dir.h"

namespace hsm {
namespace {

CheckpointBody Body(std::uint64_t size, std::string_view root) {
  return {size, base::Sha256(base::AsBytes(root))};
}

class CheckpointGuardTest : public ::testing::Test {
 protected:
  // A second guard over the same file is what a restart makes.
  base::Status Allow(const CheckpointBody& body, const char* origin = "vault.example/one") {
    CheckpointGuard guard(mark_, origin);
    RETURN_IF_ERROR(guard.Check(body));
    return guard.Remember(body);
  }

  const tests::TempDir dir_;
  const std::filesystem::path mark_ = dir_.path() / "mark";
};

TEST_F(CheckpointGuardTest, AllowsTheLogToGrow) {
  EXPECT_TRUE(Allow(Body(1, "a")).ok());
  EXPECT_TRUE(Allow(Body(5, "b")).ok());
}

TEST_F(CheckpointGuardTest, AllowsTheSameAgain) {
  EXPECT_TRUE(Allow(Body(5, "b")).ok());
  EXPECT_TRUE(Allow(Body(5, "b")).ok());
}

TEST_F(CheckpointGuardTest, RefusesToShrinkAfterARestart) {
  EXPECT_TRUE(Allow(Body(5, "b")).ok());
  EXPECT_EQ(Allow(Body(4, "a")).error().reason, "checkpoint.smaller");
}

TEST_F(CheckpointGuardTest, RefusesToForkAfterARestart) {
  EXPECT_TRUE(Allow(Body(5, "b")).ok());
  EXPECT_EQ(Allow(Body(5, "c")).error().reason, "checkpoint.smaller");
}

TEST_F(CheckpointGuardTest, ADamagedMemoryAllowsNothing) {
  for (const char* text : {"", "{}", "{\"size\":-1}", "{\"size\":1,\"root\":\"00\"}", "x"}) {
    ASSERT_TRUE(base::ReplaceFile(mark_, base::AsBytes(text), 0600).ok());
    EXPECT_EQ(Allow(Body(9, "z")).error().reason, "checkpoint.mark-damaged") << text;
  }
}

TEST_F(CheckpointGuardTest, WhatCannotBeRememberedIsNotGiven) {
  CheckpointGuard guard(dir_.path() / "no-such-folder" / "mark", "o");
  EXPECT_EQ(guard.Remember(Body(1, "a")).error().reason, "disk.unwritable");
}

TEST_F(CheckpointGuardTest, WhatWasCheckedAndNotSignedDoesNotBind) {
  EXPECT_TRUE(CheckpointGuard(mark_, "o").Check(Body(9, "z")).ok());
  EXPECT_TRUE(Allow(Body(1, "a")).ok());
}

TEST_F(CheckpointGuardTest, ANewOriginBeginsSmall) {
  EXPECT_TRUE(Allow(Body(5, "b")).ok());
  EXPECT_TRUE(Allow(Body(2, "x"), "vault.example/two").ok());
  EXPECT_EQ(Allow(Body(1, "x"), "vault.example/two").error().reason, "checkpoint.smaller");
}

TEST_F(CheckpointGuardTest, AnOriginThatWasLeftIsClosedForGood) {
  EXPECT_TRUE(Allow(Body(5, "b")).ok());
  EXPECT_TRUE(Allow(Body(2, "x"), "vault.example/two").ok());
  EXPECT_EQ(Allow(Body(9, "c")).error().reason, "checkpoint.origin-closed");
  EXPECT_TRUE(Allow(Body(1, "y"), "vault.example/three").ok());
  EXPECT_EQ(Allow(Body(9, "c")).error().reason, "checkpoint.origin-closed");
  EXPECT_EQ(Allow(Body(9, "x"), "vault.example/two").error().reason, "checkpoint.origin-closed");
}

TEST_F(CheckpointGuardTest, AnOriginThatNothingWasSignedForClosesNone) {
  EXPECT_TRUE(Allow(Body(5, "b")).ok());
  EXPECT_TRUE(CheckpointGuard(mark_, "vault.example/two").Check(Body(1, "x")).ok());
  EXPECT_TRUE(Allow(Body(6, "c")).ok());
}

TEST_F(CheckpointGuardTest, AMarkWithoutAnOriginCountsForAnyOne) {
  const std::string root(64, 'a');
  const std::string mark = R"({"size":5,"root":")" + root + "\"}";
  ASSERT_TRUE(base::ReplaceFile(mark_, base::AsBytes(mark), 0600).ok());
  EXPECT_EQ(Allow(Body(4, "x"), "vault.example/two").error().reason, "checkpoint.smaller");
  EXPECT_TRUE(Allow(Body(6, "x")).ok());
}

}  // namespace
}  // namespace hsm
