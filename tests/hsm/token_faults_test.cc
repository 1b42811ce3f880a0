// What callers of the keyholder see of a token in trouble, and how it comes back by itself.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "hsm/keyholder.h"
#include "tests/fakes/issuer.h"
#include "tests/fakes/soft_token.h"

namespace hsm {
namespace {

using base::ErrorCode;
using tests::SoftToken;

const KeyLabel kKey{"agency-1"};

// The role in a process of its own. Its door stays open when it dies, as the supervisor's does.
class KeyholderProcess {
 public:
  explicit KeyholderProcess(KeyholderConfig config)
      : config_(std::move(config)),
        door_(base::MakeDoor().value()),
        client_(base::ChannelClient(base::UniqueFd(::dup(door_.caller.get())))) {
    Start();
  }
  ~KeyholderProcess() { End(); }
  KeyholderProcess(const KeyholderProcess&) = delete;
  KeyholderProcess& operator=(const KeyholderProcess&) = delete;

  void Start() {
    child_ = ::fork();
    if (child_ != 0) return;
    static_cast<void>(ServeKeyholder(config_, door_.server));
    ::_exit(0);
  }

  // Its callers hear of it at once.
  void End() {
    if (child_ < 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(std::exchange(child_, -1), nullptr, 0);
  }

  int ExitCode() {
    int status = 0;
    ::waitpid(std::exchange(child_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  KeyholderClient& client() { return client_; }

 private:
  const KeyholderConfig config_;
  base::DoorPair door_;
  KeyholderClient client_;
  pid_t child_ = -1;
};

class TokenFaultsTest : public tests::TokenTest {
 protected:
  void SetUp() override {
    TokenTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_TRUE(faces_->provisioner.GenerateKey(kKey, KeyKind::kSealP256).ok());
    const auto request = faces_->provisioner.CertificateRequest(kKey, {"Agency", "", "", "LV"});
    certificate_ = tests::IssueFor(request.value());
    ASSERT_TRUE(faces_->provisioner.ImportCertificate(kKey, certificate_, {}).ok());
    faces_.reset();  // Before a process is forked.
  }

  KeyholderConfig Config() const {
    KeyholderConfig config = token_->config();
    config.seal_rules[kKey.text] = {
        .signs_hashes = false, .agency = "test-agency", .approvers = {}, .hourly = 100'000};
    config.sessions = 1;
    config.call_deadline = std::chrono::milliseconds(600);
    return config;
  }

  base::Result<Seal> Sealed(KeyholderProcess& keyholder) const {
    return keyholder.client().SealReferences(
        {kKey,
         {{"r1", "a.pdf", ReferenceKind::kDocument, {}},
          {"r2", "#S0-SP", ReferenceKind::kSignedProperties, {}}},
         std::nullopt,
         {.agency = "test-agency"}});
  }
  std::string Reason(KeyholderProcess& keyholder) const {
    const auto seal = Sealed(keyholder);
    if (!seal.ok()) return seal.error().reason;
    const Seal& made = seal.value();
    return tests::OpenSslVerifies(certificate_, made.signed_info, made.value, true) ? "good"
                                                                                    : "wrong";
  }

  base::Bytes certificate_;
};

struct Fault {
  const char* name;
  const char* seen;  // By the first caller.
  std::function<void(SoftToken&)> begins;
  std::function<void(SoftToken&)> ends = [](SoftToken&) {};
};
void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.name;
}
const std::array kFaults{
    Fault{"SessionsLost", "good", [](SoftToken& token) { token.LoseSessions(); }},
    Fault{"LoginLost", "good", [](SoftToken& token) { token.LoseLogin(); }},
    Fault{"Removed", "token.absent", [](SoftToken& token) { token.Remove(); },
          [](SoftToken& token) { token.PutBack(); }},
    Fault{"Slow", "good",
          [](SoftToken& token) { token.SlowDown("C_Sign", std::chrono::milliseconds(100), 1); }},
    Fault{"DeviceError", "good",
          [](SoftToken& token) { token.FailNext("C_Sign", CKR_DEVICE_ERROR); }},
    Fault{"DeviceErrorTwice", "token.failed",
          [](SoftToken& token) { token.FailNext("C_Sign", CKR_DEVICE_ERROR, 2); }},
    Fault{"FunctionFailed", "token.failed",
          [](SoftToken& token) { token.FailNext("C_Sign", CKR_FUNCTION_FAILED); }},
    Fault{"OutOfMemory", "token.full",
          [](SoftToken& token) { token.FailNext("C_SignInit", CKR_DEVICE_MEMORY); }},
    Fault{"NoStart", "token.failed",
          [](SoftToken& token) {
            token.LoseSessions();
            token.FailNext("C_Initialize", CKR_GENERAL_ERROR);
          }},
    Fault{"NoSession", "token.busy",
          [](SoftToken& token) {
            token.LoseSessions();
            token.FailNext("C_OpenSession", CKR_SESSION_COUNT);
          }},
    Fault{"NoLogin", "token.absent",
          [](SoftToken& token) {
            token.LoseSessions();
            token.FailNext("C_Login", CKR_DEVICE_REMOVED);
          }},
    Fault{"WrongSignature", "token.bad-signature",
          [](SoftToken& token) { token.FailNext("flip", CKR_CANCEL); }},
};

using FaultOf = std::tuple<tests::TokenModule, Fault>;
class OneFault : public TokenFaultsTest, public ::testing::WithParamInterface<FaultOf> {
 protected:
  tests::TokenModule module() const override { return std::get<0>(GetParam()); }
};

TEST_P(OneFault, IsToldAndIsOverWithTheNextCall) {
  KeyholderProcess keyholder(Config());
  ASSERT_EQ(Reason(keyholder), "good");
  const Fault& fault = std::get<1>(GetParam());
  fault.begins(*token_);
  const auto seen = Sealed(keyholder);
  EXPECT_EQ(seen.ok() ? "good" : seen.error().reason, fault.seen);
  EXPECT_TRUE(seen.ok() || seen.error().code == ErrorCode::kUnavailable);
  fault.ends(*token_);
  EXPECT_EQ(Reason(keyholder), "good");
  EXPECT_EQ(token_->Refusals(), 0U);
}

std::string NameOfFault(const ::testing::TestParamInfo<FaultOf>& one) {
  const bool is_nss = std::get<0>(one.param) == tests::TokenModule::kNss;
  return std::get<1>(one.param).name + std::string(is_nss ? "Nss" : "SoftHsm");
}
// softokn reads freed memory of a key that a logout has hidden.
std::vector<FaultOf> EachFaultOfEachModule() {
  std::vector<FaultOf> all;
  for (const Fault& fault : kFaults) {
    all.emplace_back(tests::TokenModule::kSoftHsm, fault);
    if (fault.name != std::string_view("LoginLost"))
      all.emplace_back(tests::TokenModule::kNss, fault);
  }
  return all;
}
INSTANTIATE_TEST_SUITE_P(Of, OneFault, ::testing::ValuesIn(EachFaultOfEachModule()), NameOfFault);

TEST_F(TokenFaultsTest, ARemovedTokenIsUnavailableForAsLongAsItIsAway) {
  KeyholderProcess keyholder(Config());
  token_->Remove();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Sealed(keyholder).error().code, ErrorCode::kUnavailable);
  token_->PutBack();
  EXPECT_EQ(Reason(keyholder), "good");
}

TEST_F(TokenFaultsTest, AWrongPinAfterALossIsTriedOnce) {
  KeyholderProcess keyholder(Config());
  ASSERT_EQ(Reason(keyholder), "good");
  token_->WritePin("0000");
  token_->LoseSessions();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Reason(keyholder), "token.pin-refused");
  EXPECT_EQ(token_->Refusals(), 1U);
  token_->WritePin(tests::kUserPin);
  EXPECT_EQ(Reason(keyholder), "good");
}

// A call that never comes back, wherever in the module it is.
class HangingCall : public TokenFaultsTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(HangingCall, EndsTheKeyholderAndItsSuccessorServes) {
  token_->Hang(GetParam());
  KeyholderProcess keyholder(Config());
  EXPECT_EQ(Reason(keyholder), "channel.role-down");
  EXPECT_EQ(keyholder.ExitCode(), kExitTokenHangs);
  token_->HangNoMore(GetParam());
  keyholder.Start();
  EXPECT_EQ(Reason(keyholder), "good");
  EXPECT_EQ(token_->Refusals(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Of, HangingCall,
                         ::testing::Values("C_Initialize", "C_GetSlotList", "C_OpenSession",
                                           "C_Login", "C_FindObjectsInit", "C_SignInit", "C_Sign"),
                         [](const auto& one) { return std::string(one.param); });

TEST_F(TokenFaultsTest, AModuleThatCrashesTakesTheKeyholderAndItsSuccessorServes) {
  KeyholderProcess keyholder(Config());
  ASSERT_EQ(Reason(keyholder), "good");
  token_->CrashNext("C_Sign");
  EXPECT_EQ(Reason(keyholder), "channel.role-down");
  EXPECT_EQ(keyholder.ExitCode(), -1);
  keyholder.Start();
  EXPECT_EQ(Reason(keyholder), "good");
  EXPECT_EQ(token_->Refusals(), 0U);
}

TEST_F(TokenFaultsTest, CallersBesideOneThatHangsAreNotKeptWaiting) {
  const std::filesystem::path fifo = token_->Hang("C_Sign");
  KeyholderConfig config = Config();
  config.call_deadline = std::chrono::seconds(3);
  KeyholderProcess keyholder(config);
  std::jthread inside([&] { static_cast<void>(Sealed(keyholder)); });
  // Opens when the token has begun to sign.
  const base::UniqueFd begun{::open(fifo.c_str(), O_RDONLY | O_CLOEXEC)};
  EXPECT_EQ(Reason(keyholder), "token.hangs");
  EXPECT_EQ(Reason(keyholder), "token.hangs");
  keyholder.End();
}

TEST_F(TokenFaultsTest, ACheckpointThatHangsDoesNotKeepTheNext) {
  KeyholderConfig config = Config();
  config.sessions = 2;
  config.call_deadline = std::chrono::seconds(5);
  ASSERT_TRUE(tests::TokenFaces(config)
                  .provisioner.GenerateKey(config.checkpoint_key, KeyKind::kCheckpointEd25519)
                  .ok());
  KeyholderProcess keyholder(config);
  ASSERT_TRUE(keyholder.client().SignCheckpoint({1, {}}).ok());
  const std::filesystem::path fifo = token_->Hang("C_Sign");
  std::jthread inside([&] { static_cast<void>(keyholder.client().SignCheckpoint({2, {}})); });
  const base::UniqueFd begun{::open(fifo.c_str(), O_RDONLY | O_CLOEXEC)};
  EXPECT_EQ(keyholder.client().SignCheckpoint({3, {}}).error().reason, "token.busy");
  keyholder.End();
}

TEST_F(TokenFaultsTest, AQuestionAfterTheTokensHealthThatHangsStopsNobodyElse) {
  KeyholderConfig config = Config();
  config.sessions = 2;
  config.call_deadline = std::chrono::seconds(3);
  KeyholderProcess keyholder(config);
  ASSERT_EQ(Reason(keyholder), "good");
  const std::filesystem::path fifo = token_->Hang("C_GetTokenInfo");
  std::jthread inside([&] { static_cast<void>(keyholder.client().Describe()); });
  const base::UniqueFd begun{::open(fifo.c_str(), O_RDONLY | O_CLOEXEC)};
  EXPECT_EQ(Reason(keyholder), "good");
  keyholder.End();
}

TEST_F(TokenFaultsTest, ATokenThatHangsAtEveryLoginSeesNoWrongPinCounted) {
  token_->Hang("C_Login");
  KeyholderProcess keyholder(Config());
  for (int life = 0; life < 3; ++life) {
    EXPECT_EQ(Reason(keyholder), "channel.role-down");
    EXPECT_EQ(keyholder.ExitCode(), kExitTokenHangs);
    keyholder.Start();
  }
  token_->HangNoMore("C_Login");
  EXPECT_EQ(Reason(keyholder), "good");
}

TEST_F(TokenFaultsTest, APinThatWasNeverTakenIsNotTriedAgainAfterAHang) {
  token_->WritePin("0000");
  token_->Hang("C_Login");
  KeyholderProcess keyholder(Config());
  EXPECT_EQ(Reason(keyholder), "channel.role-down");
  EXPECT_EQ(keyholder.ExitCode(), kExitTokenHangs);
  token_->HangNoMore("C_Login");
  const auto logins = token_->Logins();
  keyholder.Start();
  EXPECT_EQ(Reason(keyholder), "token.pin-unanswered");
  EXPECT_EQ(token_->Logins(), logins);
}

}  // namespace
}  // namespace hsm
