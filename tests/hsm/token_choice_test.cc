#include "hsm/token_choice.h"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>

#include "tests/fakes/temp_dir.h"

namespace hsm {
namespace {

using std::chrono::seconds;

class TokenChoiceTest : public ::testing::Test {
 protected:
  TokenChoiceTest() { Restart(); }

  std::filesystem::path Mark() const { return folder_.path() / "token-in-use"; }
  void Restart() { choice_.emplace(Mark(), seconds(30)); }
  bool TryAfter(seconds later) {
    now_ += later;
    return choice_->Try(now_);
  }

  tests::TempDir folder_;
  base::Time now_ = *base::ParseTime("2026-03-02T09:00:00Z");
  std::optional<TokenChoice> choice_;
};

TEST_F(TokenChoiceTest, ATokenThatStaysAwayIsReplacedOnce) {
  EXPECT_FALSE(TryAfter(seconds(0)));
  EXPECT_FALSE(TryAfter(seconds(20)));
  EXPECT_FALSE(TryAfter(seconds(9)));
  EXPECT_FALSE(choice_->is_second());
  EXPECT_TRUE(TryAfter(seconds(1)));
  EXPECT_TRUE(choice_->is_second());
  choice_->Worked();
  EXPECT_FALSE(TryAfter(seconds(1)));
  EXPECT_TRUE(choice_->is_second());
}

TEST_F(TokenChoiceTest, ATokenThatComesBackInTimeKeepsItsTurn) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(TryAfter(seconds(20)));
    choice_->Worked();
  }
  EXPECT_FALSE(choice_->is_second());
}

TEST_F(TokenChoiceTest, NothingFlapsWhenBothAreAway) {
  int changes = 0;
  for (int i = 0; i < 300; ++i) changes += TryAfter(seconds(1)) ? 1 : 0;
  EXPECT_LE(changes, 10);
}

// A token that hangs ends the process with every try.
TEST_F(TokenChoiceTest, ItIsRememberedAcrossRestarts) {
  EXPECT_FALSE(TryAfter(seconds(0)));
  Restart();
  EXPECT_FALSE(TryAfter(seconds(15)));
  Restart();
  EXPECT_TRUE(TryAfter(seconds(15)));
  choice_->Worked();
  Restart();
  EXPECT_FALSE(TryAfter(seconds(1)));
  EXPECT_TRUE(choice_->is_second());
}

// The service was stopped in the middle of a try, and starts hours later.
TEST_F(TokenChoiceTest, WhoWasNotAskedWasNotAway) {
  EXPECT_FALSE(TryAfter(seconds(0)));
  Restart();
  EXPECT_FALSE(TryAfter(std::chrono::hours(3)));
  EXPECT_FALSE(TryAfter(seconds(29)));
  EXPECT_TRUE(TryAfter(seconds(1)));
}

TEST_F(TokenChoiceTest, AClockThatGoesBackChangesNothing) {
  EXPECT_FALSE(TryAfter(seconds(0)));
  EXPECT_FALSE(TryAfter(-std::chrono::hours(1)));
  EXPECT_FALSE(TryAfter(seconds(29)));
  EXPECT_FALSE(choice_->is_second());
}

TEST_F(TokenChoiceTest, WithoutASecondThereIsNoChoice) {
  TokenChoice alone("", seconds(0));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(alone.Try(now_));
  EXPECT_FALSE(alone.is_second());
}

TEST_F(TokenChoiceTest, AFileThatDoesNotReadMeansTheFirst) {
  std::ofstream(Mark()) << "{\"use\":";
  Restart();
  EXPECT_FALSE(TryAfter(seconds(0)));
  EXPECT_FALSE(choice_->is_second());
}

}  // namespace
}  // namespace hsm
