// SoftToken: a token of SoftHSM or of NSS softokn in a folder of the test's own, behind the
// failing shim.
#pragma once

#include <gtest/gtest.h>
#include <p11-kit/pkcs11.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "base/clock.h"
#include "hsm/keyholder.h"
#include "hsm/session_pool.h"
#include "hsm/token_provisioner.h"
#include "hsm/token_signer.h"
#include "hsm/token_vault_keys.h"
#include "tests/fakes/temp_dir.h"

namespace tests {

inline constexpr std::string_view kUserPin = "1234";

inline void WriteFile(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path) << text;
}

inline constexpr CK_SLOT_ID kNssDatabaseSlot = 2;

enum class TokenModule { kSoftHsm, kNss };

class SoftToken {
 public:
  static bool Available(TokenModule module) { return ModulePath(module) != ""; }

  explicit SoftToken(TokenModule module = TokenModule::kSoftHsm) : module_(module) {
    std::filesystem::create_directories(path() / "tokens");
    std::filesystem::create_directories(path() / "shim");
    WriteFile(path() / "softhsm2.conf", "directories.tokendir = " + (path() / "tokens").string() +
                                            "\nobjectstore.backend = file\nlog.level = ERROR\n"
                                            "library.reset_on_fork = true\n");
    WritePin(kUserPin);
    if (module == TokenModule::kNss)
      SetNssPin();
    else
      SetUpSoftHsm();
  }

  const std::filesystem::path& path() const { return folder_.path(); }

  hsm::KeyholderConfig config() const {
    hsm::KeyholderConfig config;
    config.module = TOKEN_SHIM;
    if (module_ == TokenModule::kNss)
      config.module_arguments = "configdir='sql:" + (path() / "tokens").string() +
                                "' certPrefix='' keyPrefix='' secmod='' flags=";
    config.token_label = module_ == TokenModule::kNss ? "NSS Certificate DB" : "test token";
    config.pin_file = path() / "pin";
    config.pin_refused_mark = path() / "pin.refused";
    config.checkpoint_mark = path() / "last-checkpoint";
    config.environment = {{"SOFTHSM2_CONF", (path() / "softhsm2.conf").string()},
                          {"TOKEN_SHIM_MODULE", std::string(ModulePath(module_))},
                          {"TOKEN_SHIM_DIR", (path() / "shim").string()}};
    config.log_origin = "vault.example/log1";
    config.seal_uses = path() / "seal-uses";
    config.ceremony = {.custodians = {}, .quorum = 0, .log = path() / "ceremony-log"};
    return config;
  }

  void WritePin(std::string_view pin) const {
    std::filesystem::remove(path() / "pin");
    WriteFile(path() / "pin", std::string(pin) + "\n");
  }

  void FailNext(const std::string& function, CK_RV code, int times = 1) const {
    Control("fail." + function, std::to_string(code) + " " + std::to_string(times));
  }
  void SlowDown(const std::string& function, std::chrono::milliseconds by, int times) const {
    Control("slow." + function, std::to_string(by.count()) + " " + std::to_string(times));
  }

  void CrashNext(const std::string& function) const { Control("crash." + function, "1 1"); }

  // The FIFO that calls of `function` open before they hang.
  std::filesystem::path Hang(const std::string& function) const {
    const std::filesystem::path fifo = path() / "shim" / ("hang." + function);
    EXPECT_EQ(::mkfifo(fifo.c_str(), S_IRUSR | S_IWUSR), 0);
    return fifo;
  }
  // From now on; calls that hang do so for good.
  void HangNoMore(const std::string& function) const {
    std::filesystem::remove(path() / "shim" / ("hang." + function));
  }

  std::uintmax_t Logins() const { return Counted("logins"); }
  std::uintmax_t Refusals() const { return Counted("refusals"); }

  void LoseSessions() { Control("reset", std::to_string(++losses_)); }
  void LoseLogin() { Control("logout", std::to_string(++losses_)); }
  // Pulled, and put back.
  void Remove() { Control("absent", ""); }
  void PutBack() {
    LoseSessions();
    std::filesystem::remove(path() / "shim" / "absent");
  }

 private:
  static std::string_view ModulePath(TokenModule module) {
    return module == TokenModule::kNss ? NSS_MODULE : SOFTHSM_MODULE;
  }

  void Control(const std::string& file, const std::string& text) const {
    WriteFile(path() / "shim" / file, text);
  }

  std::uintmax_t Counted(const std::string& file) const {
    std::error_code none_yet;
    const auto count = std::filesystem::file_size(path() / "shim" / file, none_yet);
    return none_yet ? 0 : count;
  }

  void SetUpSoftHsm() const {
    const auto made = hsm::InitialiseSoftToken(config(), base::Secret(base::ToBytes("5678")),
                                               base::Secret(base::ToBytes(kUserPin)));
    EXPECT_TRUE(made.ok()) << made.error().message;
  }

  // softokn opens a new database without a PIN; its security officer's is empty too. Until a PIN
  // is set the token is not called initialised.
  void SetNssPin() const {
    const hsm::KeyholderConfig its = config();
    for (const auto& [name, value] : its.environment) ::setenv(name.c_str(), value.c_str(), 1);
    hsm::CallWatch watch(std::chrono::minutes(1));
    const auto module = hsm::Module::Load(its.module, its.module_arguments, watch);
    ASSERT_TRUE(module.ok()) << module.error().message;
    const hsm::TokenCalls& calls = module.value().calls();
    const auto session = hsm::Session::Open(calls, kNssDatabaseSlot, hsm::SessionMode::kReadWrite);
    ASSERT_TRUE(session.ok()) << session.error().message;
    const CK_SESSION_HANDLE handle = session.value().handle();
    std::string pin(kUserPin);
    auto* const text = reinterpret_cast<CK_UTF8CHAR*>(pin.data());
    ASSERT_EQ(calls.Call("C_Login", &CK_FUNCTION_LIST::C_Login, handle, CKU_SO, text, 0), CKR_OK);
    ASSERT_EQ(calls.Call("C_InitPIN", &CK_FUNCTION_LIST::C_InitPIN, handle, text, pin.size()),
              CKR_OK);
  }

  const TokenModule module_;
  int losses_ = 0;
  TempDir folder_;
};

// The token's three faces over one pool, as the keyholder holds them.
struct TokenFaces {
  explicit TokenFaces(const hsm::KeyholderConfig& config)
      : pool(PoolOf(config)),
        vault_keys(pool, {config.root_key, config.mac_key, config.checkpoint_key},
                   config.log_origin, config.checkpoint_mark, hsm::DefaultKeyLimits(), clock) {}

  static hsm::PoolConfig PoolOf(const hsm::KeyholderConfig& config) {
    hsm::PoolConfig pool;
    static_cast<hsm::TokenPlace&>(pool) = config;
    pool.second = config.second;
    pool.token_choice = config.token_choice;
    pool.token_patience = config.token_patience;
    pool.sessions = config.sessions;
    pool.call_deadline = std::chrono::minutes(3);  // Keys are made here, too.
    pool.mode = hsm::SessionMode::kReadWrite;
    return pool;
  }

  base::SystemClock clock;
  hsm::SessionPool pool;
  hsm::TokenSigner signer{pool};
  hsm::TokenVaultKeys vault_keys;
  hsm::TokenProvisioner provisioner{pool};
};

class TokenTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!SoftToken::Available(module())) GTEST_SKIP() << "no such module on this machine";
    token_ = std::make_unique<SoftToken>(module());
    faces_ = std::make_unique<TokenFaces>(token_->config());
  }

  virtual TokenModule module() const { return TokenModule::kSoftHsm; }

  // A second life of the process, as far as our code can tell.
  void Restart() {
    faces_.reset();
    faces_ = std::make_unique<TokenFaces>(token_->config());
  }

  std::unique_ptr<SoftToken> token_;
  std::unique_ptr<TokenFaces> faces_;
};

}  // namespace tests
