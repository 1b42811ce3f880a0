// Config: what the operator decided, read once at start from one TOML file.
//
// Relative paths are relative to the file's own folder. An unknown name is an error, so a
// misspelt setting never goes unnoticed.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "hsm/keyholder.h"

namespace api {

enum class CallerRole { kAgency, kPlatform };

// A system that may call us: found by the SHA-256 of its TLS certificate.
struct RegisteredCaller {
  std::string name;  // For logs and access records.
  CallerRole role;
  std::string agency;              // Code of the public body; empty for the platform.
  std::string certificate_sha256;  // 64 hexadecimal digits.
  std::vector<std::string> keys;   // Labels of the sealing keys it may use.
};

struct ListenConfig {
  std::string address;
  std::uint16_t port = 0;
  std::filesystem::path certificate;  // PEM, with its chain.
  std::filesystem::path key;          // PEM.
  std::filesystem::path client_ca;    // PEM: who may issue callers' certificates.
};

struct CourierConfig {
  // Service name ("tsa", "ocsp") -> URL. Nothing else is ever connected to.
  std::map<std::string, std::string> services;
  std::chrono::seconds timeout{10};
};

struct Config {
  std::filesystem::path data;
  ListenConfig listen;
  hsm::KeyholderConfig hsm;
  CourierConfig courier;
  std::vector<std::string> tsa_certificates;  // SHA-256 of the TSA certificates that are used.
  std::vector<RegisteredCaller> callers;
  std::size_t document_bytes = std::size_t{32} << 20U;  // Largest body taken.
};

// kInvalidInput "config.malformed" with the line and what is wrong with it;
// kNotFound "file.missing".
base::Result<Config> ReadConfig(const std::filesystem::path& file);

}  // namespace api
