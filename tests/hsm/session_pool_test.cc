#include "hsm/session_pool.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/fakes/soft_token.h"

namespace hsm {
namespace {

// Every test uses the token through a MAC: cheap, and in need of session, login and key.
class SessionPoolTest : public tests::TokenTest {
 protected:
  void SetUp() override {
    TokenTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_TRUE(
        faces_->provisioner.GenerateKey(token_->config().mac_key, KeyKind::kMacHmacSha256).ok());
  }

  std::string Use() { return UseOf(*faces_); }
  static std::string UseOf(tests::TokenFaces& faces) {
    const auto mac = faces.vault_keys.MacIdentifier("x");
    return mac.ok() ? "ok" : mac.error().reason;
  }
};

class LostTokenTest : public SessionPoolTest, public ::testing::WithParamInterface<CK_RV> {};

TEST_P(LostTokenTest, IsFoundAgainWithoutARestart) {
  ASSERT_EQ(Use(), "ok");
  const auto logins = token_->Logins();
  token_->FailNext("C_SignInit", GetParam());
  EXPECT_EQ(Use(), "ok");
  EXPECT_EQ(token_->Logins(), logins + 1);
}

INSTANTIATE_TEST_SUITE_P(Codes, LostTokenTest,
                         ::testing::Values(CKR_DEVICE_REMOVED, CKR_SESSION_HANDLE_INVALID,
                                           CKR_SESSION_CLOSED, CKR_USER_NOT_LOGGED_IN,
                                           CKR_KEY_HANDLE_INVALID, CKR_TOKEN_NOT_PRESENT,
                                           CKR_CRYPTOKI_NOT_INITIALIZED, CKR_DEVICE_ERROR));

TEST_F(SessionPoolTest, AFailureThatStaysIsGivenUpAfterOneMoreTry) {
  token_->FailNext("C_SignInit", CKR_DEVICE_REMOVED, 2);
  EXPECT_EQ(Use(), "token.absent");
  EXPECT_EQ(Use(), "ok");
}

TEST_F(SessionPoolTest, AFailureThatIsNoLossIsNotRepeated) {
  const auto logins = token_->Logins();
  token_->FailNext("C_Sign", CKR_FUNCTION_FAILED);
  EXPECT_EQ(Use(), "token.failed");
  EXPECT_EQ(Use(), "ok");
  EXPECT_EQ(token_->Logins(), logins);
}

TEST_F(SessionPoolTest, SessionsLostBehindItsBackAreOpenedAgain) {
  ASSERT_EQ(Use(), "ok");
  token_->LoseSessions();
  EXPECT_EQ(Use(), "ok");
}

TEST_F(SessionPoolTest, ALostLoginIsNotTakenForAMissingKey) {
  ASSERT_EQ(Use(), "ok");
  Restart();
  ASSERT_TRUE(faces_->pool.Describe().ok());
  token_->LoseLogin();
  EXPECT_EQ(Use(), "ok");
}

TEST_F(SessionPoolTest, ALostLoginIsFoundOutWhateverTheCodeSays) {
  ASSERT_EQ(Use(), "ok");
  token_->LoseLogin();
  token_->FailNext("C_SignInit", CKR_KEY_SIZE_RANGE);  // As softokn says.
  EXPECT_EQ(Use(), "ok");
}

TEST_F(SessionPoolTest, ATokenPulledAndPutBackServesOn) {
  ASSERT_EQ(Use(), "ok");
  const auto logins = token_->Logins();
  token_->Remove();
  EXPECT_EQ(Use(), "token.absent");
  EXPECT_EQ(Use(), "token.absent");
  token_->PutBack();
  EXPECT_EQ(Use(), "ok");
  EXPECT_EQ(token_->Logins(), logins + 1);
}

TEST_F(SessionPoolTest, AnotherLabelOrNoModuleIsAbsence) {
  KeyholderConfig config = token_->config();
  config.token_label = "nobody's";
  faces_ = std::make_unique<tests::TokenFaces>(config);
  EXPECT_EQ(Use(), "token.absent");
  config.module = "/nonexistent.so";
  faces_ = std::make_unique<tests::TokenFaces>(config);
  EXPECT_EQ(Use(), "token.module-missing");
}

TEST_F(SessionPoolTest, AWrongPinIsTriedOnceInTwoProcesses) {
  faces_.reset();
  token_->WritePin("0000");
  const auto before = token_->Logins();
  for (int life = 0; life < 2; ++life) {
    const pid_t child = ::fork();
    if (child == 0) {
      tests::TokenFaces faces(token_->config());
      const bool refused =
          UseOf(faces) == "token.pin-refused" && UseOf(faces) == "token.pin-refused";
      ::_exit(refused ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(token_->Logins(), before + 1);

  token_->WritePin(tests::kUserPin);
  faces_ = std::make_unique<tests::TokenFaces>(token_->config());
  EXPECT_EQ(Use(), "ok");
}

TEST_F(SessionPoolTest, ALockedTokenSaysSoAndRecoversWhenUnlocked) {
  Restart();
  token_->FailNext("C_Login", CKR_PIN_LOCKED);
  EXPECT_EQ(Use(), "token.locked");
  EXPECT_EQ(Use(), "ok");
}

TEST_F(SessionPoolTest, WaitsForASessionAreBounded) {
  PoolConfig config = tests::TokenFaces::PoolOf(token_->config());
  config.sessions = 1;
  config.patience = std::chrono::milliseconds(30);
  faces_.reset();
  SessionPool pool(config);
  const auto outer = pool.Run([&](Session&) -> base::Status {
    const auto inner = pool.Run([](Session&) -> base::Status { return base::Ok(); });
    return inner.ok() ? inner : inner.error();
  });
  ASSERT_FALSE(outer.ok());
  EXPECT_EQ(outer.error().reason, "token.busy");
}

// In a child, since the thread inside the token never comes back.
TEST_F(SessionPoolTest, ATokenThatHangsAtLoginStopsOnlyItsOwnCaller) {
  faces_.reset();
  const std::filesystem::path fifo = token_->Hang("C_Login");
  const pid_t child = ::fork();
  if (child == 0) {
    PoolConfig config = tests::TokenFaces::PoolOf(token_->config());
    config.patience = std::chrono::milliseconds(30);
    SessionPool pool(config);
    const auto use = [&pool] {
      const auto used = pool.Run([](Session&) -> base::Status { return base::Ok(); });
      return used.ok() ? "ok" : used.error().reason;
    };
    std::thread(use).detach();
    // Opens when the token's login has begun.
    const base::UniqueFd begun{::open(fifo.c_str(), O_RDONLY | O_CLOEXEC)};
    ::_exit(use() == "token.busy" ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(SessionPoolTest, CallsFromManyThreadsSurviveALossInTheMiddle) {
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 20; ++n) good += Use() == "ok";
      });
    token_->FailNext("C_SignInit", CKR_DEVICE_REMOVED);
  }
  EXPECT_EQ(good, 160);
}

}  // namespace
}  // namespace hsm
