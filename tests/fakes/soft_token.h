// SoftToken: a SoftHSM token in a folder of the test's own, behind the failing shim.
#pragma once

#include <gtest/gtest.h>
#include <p11-kit/pkcs11.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

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

class SoftToken {
 public:
  static bool Available() { return std::string_view(SOFTHSM_MODULE) != ""; }

  SoftToken() {
    std::filesystem::create_directories(path() / "tokens");
    std::filesystem::create_directories(path() / "shim");
    WriteFile(path() / "softhsm2.conf", "directories.tokendir = " + (path() / "tokens").string() +
                                            "\nobjectstore.backend = file\nlog.level = ERROR\n"
                                            "library.reset_on_fork = true\n");
    WritePin(kUserPin);
    const auto made = hsm::InitialiseSoftToken(config(), base::Secret(base::ToBytes("5678")),
                                               base::Secret(base::ToBytes(kUserPin)));
    EXPECT_TRUE(made.ok()) << made.error().message;
  }

  const std::filesystem::path& path() const { return folder_.path(); }

  hsm::KeyholderConfig config() const {
    hsm::KeyholderConfig config;
    config.module = TOKEN_SHIM;
    config.token_label = "test token";
    config.pin_file = path() / "pin";
    config.pin_refused_mark = path() / "pin.refused";
    config.checkpoint_mark = path() / "last-checkpoint";
    config.environment = {{"SOFTHSM2_CONF", (path() / "softhsm2.conf").string()},
                          {"TOKEN_SHIM_MODULE", SOFTHSM_MODULE},
                          {"TOKEN_SHIM_DIR", (path() / "shim").string()}};
    config.log_origin = "vault.example/log1";
    config.seal_uses = path() / "seal-uses";
    return config;
  }

  void WritePin(std::string_view pin) const {
    std::filesystem::remove(path() / "pin");
    WriteFile(path() / "pin", std::string(pin) + "\n");
  }

  void FailNext(const std::string& function, CK_RV code, int times = 1) const {
    WriteFile(path() / "shim" / ("fail." + function),
              std::to_string(code) + " " + std::to_string(times));
  }

  // The FIFO that the next call of `function` opens before it hangs.
  std::filesystem::path HangNext(const std::string& function) const {
    const std::filesystem::path fifo = path() / "shim" / ("hang." + function);
    EXPECT_EQ(::mkfifo(fifo.c_str(), S_IRUSR | S_IWUSR), 0);
    return fifo;
  }

  std::uintmax_t Logins() const {
    std::error_code none_yet;
    const auto count = std::filesystem::file_size(path() / "shim" / "logins", none_yet);
    return none_yet ? 0 : count;
  }

  // Pulled, and put back.
  void Remove() const { std::filesystem::rename(path() / "tokens", path() / "elsewhere"); }
  void PutBack() const { std::filesystem::rename(path() / "elsewhere", path() / "tokens"); }

 private:
  TempDir folder_;
};

// The token's three faces over one pool, as the keyholder holds them.
struct TokenFaces {
  explicit TokenFaces(const hsm::KeyholderConfig& config)
      : pool(PoolOf(config)),
        vault_keys(pool, {config.root_key, config.mac_key, config.checkpoint_key},
                   config.log_origin, config.checkpoint_mark) {}

  static hsm::PoolConfig PoolOf(const hsm::KeyholderConfig& config) {
    hsm::PoolConfig pool;
    pool.module = config.module;
    pool.token_label = config.token_label;
    pool.pin_file = config.pin_file;
    pool.pin_refused_mark = config.pin_refused_mark;
    pool.environment = config.environment;
    pool.sessions = config.sessions;
    pool.mode = hsm::SessionMode::kReadWrite;
    return pool;
  }

  hsm::SessionPool pool;
  hsm::TokenSigner signer{pool};
  hsm::TokenVaultKeys vault_keys;
  hsm::TokenProvisioner provisioner{pool};
};

class TokenTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!SoftToken::Available()) GTEST_SKIP() << "no SoftHSM on this machine";
    token_ = std::make_unique<SoftToken>();
    faces_ = std::make_unique<TokenFaces>(token_->config());
  }

  // A second life of the process, as far as our code can tell.
  void Restart() {
    faces_.reset();
    faces_ = std::make_unique<TokenFaces>(token_->config());
  }

  std::unique_ptr<SoftToken> token_;
  std::unique_ptr<TokenFaces> faces_;
};

}  // namespace tests
