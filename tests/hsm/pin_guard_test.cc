#include "hsm/pin_guard.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/fakes/temp_dir.h"

namespace hsm {
namespace {

class PinGuardTest : public ::testing::Test {
 protected:
  void WritePin(std::string_view pin) const {
    std::filesystem::remove(pin_);
    std::ofstream(pin_) << pin;
  }

  std::string Try(CK_RV answer) {
    const auto tried = guard_.TryOnce([&](base::ByteSpan pin) {
      seen_.push_back(base::ToString(pin));
      return answer;
    });
    return tried.ok() ? "ok" : tried.error().reason;
  }

  void Restart() { guard_ = PinGuard(pin_, mark_); }

  tests::TempDir folder_;
  std::filesystem::path pin_ = folder_.path() / "pin";
  std::filesystem::path mark_ = folder_.path() / "mark";
  PinGuard guard_{pin_, mark_};
  std::vector<std::string> seen_;
};

TEST_F(PinGuardTest, HandsOverThePinWithoutItsLineEnd) {
  WritePin("12 34\r\n");
  EXPECT_EQ(Try(CKR_OK), "ok");
  EXPECT_EQ(seen_, std::vector<std::string>{"12 34"});
}

TEST_F(PinGuardTest, TriesARefusedPinOnceEvenAfterARestart) {
  WritePin("0000");
  EXPECT_EQ(Try(CKR_PIN_INCORRECT), "token.pin-refused");
  EXPECT_EQ(Try(CKR_OK), "token.pin-refused");
  Restart();
  EXPECT_EQ(Try(CKR_OK), "token.pin-refused");
  EXPECT_EQ(seen_.size(), 1U);
}

TEST_F(PinGuardTest, TriesACorrectedPinFile) {
  WritePin("0000");
  Try(CKR_PIN_INCORRECT);
  WritePin("12345");
  EXPECT_EQ(Try(CKR_OK), "ok");
  EXPECT_EQ(seen_.back(), "12345");
}

TEST_F(PinGuardTest, RemembersNothingOfThePinItself) {
  WritePin("9876543");
  Try(CKR_PIN_INCORRECT);
  std::ifstream mark(mark_);
  const std::string text{std::istreambuf_iterator<char>(mark), {}};
  EXPECT_EQ(text.find("9876543"), std::string::npos);
  EXPECT_TRUE(text.starts_with("refused "));
}

TEST_F(PinGuardTest, ALockedOrAbsentTokenIsNoRefusalOfThePin) {
  WritePin("1234");
  EXPECT_EQ(Try(CKR_PIN_LOCKED), "token.locked");
  EXPECT_EQ(Try(CKR_DEVICE_REMOVED), "token.absent");
  EXPECT_EQ(Try(CKR_OK), "ok");
}

// The process ends while the token has the PIN.
class UnansweredPinTest : public PinGuardTest {
 protected:
  void TryWithoutAnAnswer() {
    const pid_t child = ::fork();
    if (child == 0) {
      static_cast<void>(guard_.TryOnce([](base::ByteSpan) -> CK_RV { ::_exit(0); }));
      ::_exit(1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
  }
};

TEST_F(UnansweredPinTest, IsNotTriedAgainUntilItIsWrittenAnew) {
  WritePin("0000");
  TryWithoutAnAnswer();
  EXPECT_EQ(Try(CKR_OK), "token.pin-unanswered");
  Restart();
  EXPECT_EQ(Try(CKR_OK), "token.pin-unanswered");
  EXPECT_TRUE(seen_.empty());
  WritePin("12345");
  EXPECT_EQ(Try(CKR_OK), "ok");
}

TEST_F(UnansweredPinTest, IsTriedAgainWhenTheTokenTookItBefore) {
  WritePin("1234");
  EXPECT_EQ(Try(CKR_OK), "ok");
  TryWithoutAnAnswer();
  Restart();
  EXPECT_EQ(Try(CKR_OK), "ok");
}

TEST_F(UnansweredPinTest, ThatTheTokenTookBeforeIsRefusedOnceLikeAnyOther) {
  WritePin("1234");
  Try(CKR_OK);
  EXPECT_EQ(Try(CKR_PIN_INCORRECT), "token.pin-refused");
  Restart();
  EXPECT_EQ(Try(CKR_OK), "token.pin-refused");
}

TEST_F(PinGuardTest, DoesNotTryWhatItCouldNotRemember) {
  WritePin("1234");
  std::filesystem::create_directory(mark_);
  EXPECT_EQ(Try(CKR_OK), "token.mark-unwritable");
  EXPECT_TRUE(seen_.empty());
}

TEST_F(PinGuardTest, AnAbsentEmptyOrHugePinFileIsNotTried) {
  EXPECT_EQ(Try(CKR_OK), "token.pin-unreadable");
  WritePin("\n");
  EXPECT_EQ(Try(CKR_OK), "token.pin-unreadable");
  WritePin(std::string(300, '1'));
  EXPECT_EQ(Try(CKR_OK), "token.pin-unreadable");
  EXPECT_TRUE(seen_.empty());
}

}  // namespace
}  // namespace hsm
