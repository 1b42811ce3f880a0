// Home: the folder in which `init` puts an appliance and where the other verbs find it.
//
//   edocvaultd.toml  the service          client.toml    how to reach it
//   vault.vkey       to check receipts    tls/ client/   certificates of the connection
//   data/            the vault            authority/     test certificates (development only)
//   anchor           its last checkpoint  witness/       a witness of it (development only)
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/result.h"

namespace cli {

class Home {
 public:
  // `given`, or $EDOCVAULT_HOME, or ~/.edocvault.
  static Home Find(const std::string& given);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path daemon_config() const { return path_ / "edocvaultd.toml"; }
  std::filesystem::path client_config() const { return path_ / "client.toml"; }
  std::filesystem::path verifier_key() const { return path_ / "vault.vkey"; }
  std::filesystem::path log() const { return path_ / "edocvaultd.log"; }
  std::filesystem::path authority() const { return path_ / "authority"; }
  std::filesystem::path witness() const { return path_ / "witness"; }

 private:
  explicit Home(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
};

// One way to present oneself to the service.
struct ClientProfile {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

struct ClientConfig {
  std::string server;               // "https://127.0.0.1:8443"
  std::filesystem::path ca;         // Who certified the server.
  std::uint16_t emulator_port = 0;  // Development only; 0: no emulator.
  std::map<std::string, ClientProfile> profiles;
};

// kNotFound "home.missing" when there is no appliance; kInvalidInput "config.malformed".
base::Result<ClientConfig> ReadClientConfig(const Home& home);

}  // namespace cli
