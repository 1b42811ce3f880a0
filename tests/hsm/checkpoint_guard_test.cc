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
  base::Status Allow(const CheckpointBody& body) {
    CheckpointGuard guard(mark_);
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
  CheckpointGuard guard(dir_.path() / "no-such-folder" / "mark");
  EXPECT_EQ(guard.Remember(Body(1, "a")).error().reason, "disk.unwritable");
}

TEST_F(CheckpointGuardTest, WhatWasCheckedAndNotSignedDoesNotBind) {
  EXPECT_TRUE(CheckpointGuard(mark_).Check(Body(9, "z")).ok());
  EXPECT_TRUE(Allow(Body(1, "a")).ok());
}

}  // namespace
}  // namespace hsm
