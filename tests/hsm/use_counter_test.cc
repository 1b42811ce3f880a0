#include "hsm/use_counter.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "tests/fakes/fixed_clock.h"
#include "tests/fakes/temp_dir.h"

namespace hsm {
namespace {

class UseCounterTest : public ::testing::Test {
 protected:
  std::uint32_t Take(UseCounter& counter, std::uint32_t wanted, std::uint32_t limit = 3) {
    return counter.Take({"a", limit, now_ + std::chrono::hours(1)}, wanted, now_).value();
  }
  void Add(std::string_view text) { std::ofstream(file_, std::ios::app) << text; }

  tests::TempDir folder_;
  const std::filesystem::path file_ = folder_.path() / "uses";
  base::Time now_ = tests::FixedClock().now;
};

TEST_F(UseCounterTest, GivesNoMoreThanTheLimitAlsoAfterARestart) {
  {
    UseCounter counter(file_);
    EXPECT_EQ(Take(counter, 2), 2U);
    EXPECT_EQ(Take(counter, 2), 1U);
    EXPECT_EQ(Take(counter, 1), 0U);
  }
  UseCounter again(file_);
  EXPECT_EQ(Take(again, 1), 0U);
  EXPECT_EQ(Take(again, 1, 4), 1U);
}

TEST_F(UseCounterTest, WhatIsGivenBackCanBeTakenAgainAlsoAfterARestart) {
  const UseCounter::Use use{"a", 1, now_ + std::chrono::hours(1)};
  {
    UseCounter counter(file_);
    EXPECT_EQ(counter.Take(use, 1, now_).value(), 1U);
    counter.GiveBack(use, 1);
  }
  UseCounter again(file_);
  EXPECT_EQ(again.Take(use, 1, now_).value(), 1U);
  EXPECT_EQ(again.Take(use, 1, now_).value(), 0U);
}

TEST_F(UseCounterTest, TwoThreadsNeverTakeTheSame) {
  UseCounter counter(file_);
  std::atomic<std::uint32_t> taken = 0;
  const auto work = [&] {
    for (int i = 0; i < 20; ++i) taken += Take(counter, 1, 25);
  };
  {
    const std::jthread one(work);
    const std::jthread other(work);
  }
  EXPECT_EQ(taken, 25U);
}

TEST_F(UseCounterTest, AClockThatGoesBackIsNotBelieved) {
  {
    UseCounter counter(file_);
    EXPECT_EQ(counter.Take({"a", 1, now_ + std::chrono::hours(1)}, 1, now_).value(), 1U);
    const base::Time later = now_ + std::chrono::hours(5);
    EXPECT_EQ(counter.Take({"b", 1, later + std::chrono::hours(1)}, 1, later).value(), 1U);
  }
  // "a" is over and forgotten here, so what could ask for it again must look expired.
  UseCounter again(file_);
  EXPECT_EQ(again.NoEarlierThan(now_).value(), now_ + std::chrono::hours(5));
}

TEST_F(UseCounterTest, HalfALineWasNeverOnTheDisk) {
  { EXPECT_EQ(Take(*std::make_unique<UseCounter>(file_), 1), 1U); }
  Add(R"({"what":"a","cou)");
  UseCounter again(file_);
  EXPECT_EQ(Take(again, 3), 2U);
  UseCounter third(file_);
  EXPECT_EQ(Take(third, 3), 0U);
}

TEST_F(UseCounterTest, ADamagedLineStopsAll) {
  { EXPECT_EQ(Take(*std::make_unique<UseCounter>(file_), 1), 1U); }
  Add("{\"what\":\"a\"}\n");
  UseCounter again(file_);
  const auto taken = again.Take({"a", 3, now_}, 1, now_);
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().reason, "uses.damaged");
  EXPECT_EQ(taken.error().code, base::ErrorCode::kCorrupted);
}

TEST_F(UseCounterTest, NothingIsTakenThatCannotBeWritten) {
  UseCounter counter(folder_.path() / "no-such-folder" / "uses");
  EXPECT_EQ(counter.Take({"a", 3, now_}, 1, now_).error().reason, "disk.unwritable");
}

TEST_F(UseCounterTest, WhatIsOverIsForgotten) {
  {
    UseCounter counter(file_);
    for (int i = 0; i < 50; ++i)
      EXPECT_EQ(counter.Take({"n" + std::to_string(i), 1, now_}, 1, now_).value(), 1U);
    const base::Time later = now_ + std::chrono::hours(1);
    EXPECT_EQ(counter.Take({"b", 1, later}, 1, later).value(), 1U);
  }
  const auto before = std::filesystem::file_size(file_);
  UseCounter again(file_);
  EXPECT_TRUE(again.NoEarlierThan(now_).ok());
  EXPECT_LT(std::filesystem::file_size(file_), before / 10);
}

TEST_F(UseCounterTest, AUseThatIsOverSoonerDoesNotMakeAnotherForgottenSooner) {
  const UseCounter::Use use{"a", 1, now_ + std::chrono::hours(10)};
  {
    UseCounter counter(file_);
    EXPECT_EQ(counter.Take(use, 1, now_).value(), 1U);
    EXPECT_EQ(counter.Take({"a", 2, now_ + std::chrono::minutes(1)}, 1, now_).value(), 1U);
    const base::Time later = now_ + std::chrono::hours(1);
    EXPECT_EQ(counter.Take({"b", 1, later}, 1, later).value(), 1U);
  }
  for (int restarts = 0; restarts < 2; ++restarts) {
    UseCounter again(file_);
    EXPECT_EQ(again.Take(use, 1, now_).value(), 0U);
  }
}

TEST_F(UseCounterTest, WhatIsForgottenIsNotTakenByWhoeverAskedBefore) {
  // A caller found its approval good, and was held up until it was over and forgotten.
  const UseCounter::Use use{"a", 1, now_ + std::chrono::seconds(1)};
  {
    UseCounter counter(file_);
    EXPECT_EQ(counter.Take(use, 1, now_).value(), 1U);
    const base::Time later = now_ + std::chrono::seconds(2);
    EXPECT_EQ(counter.Take({"b", 1, later}, 1, later).value(), 1U);
  }
  UseCounter again(file_);
  EXPECT_EQ(again.Take(use, 1, now_).value(), 0U);
}

TEST_F(UseCounterTest, ManyThatLiveLongAreNeitherTooManyNorWrittenAnewEachTime) {
  // A month of an agency that approves each document.
  constexpr int kMany = 300'000;
  {
    std::ofstream file(file_);
    const std::string rest = std::string(140, 'x') + R"(","count":1,"until":")" +
                             base::FormatTime(now_ + std::chrono::days(31)) + R"(","at":")" +
                             base::FormatTime(now_) + "\"}\n";
    for (int i = 0; i < kMany; ++i) file << R"({"what":"approval/)" << 1'000'000 + i << rest;
  }
  EXPECT_GT(std::filesystem::file_size(file_), std::size_t{64} << 20U);
  UseCounter counter(file_);
  const auto known = counter.Take(
      {"approval/1299999" + std::string(140, 'x'), 1, now_ + std::chrono::days(31)}, 1, now_);
  ASSERT_TRUE(known.ok()) << known.error().reason;
  EXPECT_EQ(known.value(), 0U);
  const auto number = [&] {
    struct ::stat facts {};
    EXPECT_EQ(::stat(file_.c_str(), &facts), 0);
    return facts.st_ino;
  };
  const auto before = number();
  EXPECT_EQ(Take(counter, 1), 1U);
  EXPECT_EQ(Take(counter, 1), 1U);
  EXPECT_EQ(number(), before) << "appended to, not replaced";
}

TEST_F(UseCounterTest, SaysWhatIsLeftAndTakesNothing) {
  const UseCounter::Use use{"a", 3, now_ + std::chrono::hours(1)};
  UseCounter counter(file_);
  EXPECT_EQ(counter.Left(use, now_).value(), 3U);
  EXPECT_EQ(counter.Take(use, 2, now_).value(), 2U);
  EXPECT_EQ(counter.Left(use, now_).value(), 1U);
  EXPECT_EQ(counter.Take(use, 2, now_).value(), 1U);
}

}  // namespace
}  // namespace hsm
