// Config: what the operator decided, read once at start from one TOML file.
//
// Relative paths are relative to the file's own folder. An unknown name is an error, so a
// misspelt setting never goes unnoticed.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "hsm/keyholder.h"
#include "trust/freshness.h"

namespace api {

// An operator reads no document and no history: he looks after the appliance. An auditor reads the
// log, its entries included, and no document.
enum class CallerRole { kAgency, kPlatform, kOperator, kAuditor };

// A system that may call us: found by the SHA-256 of its TLS certificate.
struct RegisteredCaller {
  std::string name;  // For logs and access records.
  CallerRole role;
  std::string agency;              // Code of the public body; empty for all others.
  std::string certificate_sha256;  // 64 hexadecimal digits.
  std::vector<std::string> keys;   // Labels of the sealing keys it may use: of its agency.
};

struct ListenConfig {
  std::string address;
  std::uint16_t port = 0;
  std::filesystem::path certificate;  // PEM, with its chain.
  std::filesystem::path key;          // PEM.
  std::filesystem::path client_ca;    // PEM: who may issue callers' certificates.
};

struct CourierConfig {
  // Service name ("tsa", "ocsp") -> URL, to POST to.
  std::map<std::string, std::string> services;
  std::chrono::seconds timeout{10};
  // The lists of TrustConfig, and revocation lists ("crl-NAME"), to GET. Nothing but these and the
  // services is connected to.
  std::map<std::string, std::string> lists;
  std::chrono::seconds list_timeout{60};
};

// Trust installed in the service: what verification trusts, and where it comes from.
struct TrustConfig {
  std::filesystem::path dir;  // Folder that holds trust/ (trust/store.h).
  std::string snapshot;       // Only this one, an id; empty: the one in use in the store.
  trust::Limits limits;
  std::chrono::days unready_before{1};  // Not ready so long before trust expires.

  // Sources. What is fetched is verified by these certificates and by none from elsewhere.
  std::vector<std::filesystem::path> list_signers;  // Of the list of lists, or of lists.
  std::vector<std::filesystem::path> anchors;       // Trusted themselves, for closed scopes.
  // "lotl", "pivot-1"... in their order, and the territory of each list ("LV") -> URL.
  std::map<std::string, std::string> lists;
  std::chrono::hours refresh{0};  // Fetched so often; 0: when an operator asks.
};

// Who cosigns our checkpoints (C2SP tlog-witness).
struct WitnessConfig {
  std::string name;     // Of its key.
  std::string key;      // Verifier key, "name+keyid+base64".
  std::string service;  // Under which the courier knows where it takes checkpoints.
};

struct CheckpointConfig {
  std::filesystem::path anchor;   // Off the data's volume; empty: none is kept.
  std::chrono::minutes stamp{0};  // A time-stamp over the newest checkpoint so often; 0: never.
  std::vector<WitnessConfig> witnesses{};
};

// The operator's word on the interface of the Cloud Signature Consortium.
struct CscService {
  std::string name;
  std::string region;  // ISO 3166-1, two letters.
};

// Where backups go: a folder of another volume. Nobody can give one over HTTP.
struct BackupConfig {
  std::filesystem::path to;
  std::chrono::minutes every{60};  // 0: only when asked.
};

struct Config {
  std::filesystem::path data;
  ListenConfig listen;
  hsm::KeyholderConfig hsm;
  CourierConfig courier;
  std::vector<std::string> tsa_certificates;  // SHA-256 of the TSA certificates that are used.
  std::map<std::string, std::uint32_t> tsa_hourly;  // Time-stamps an hour, by service; others: any.
  CheckpointConfig checkpoints;
  std::optional<TrustConfig> trust;  // nullopt: nothing is trusted.
  std::vector<RegisteredCaller> callers;
  std::optional<BackupConfig> backup;                   // nullopt: none are made.
  std::optional<CscService> csc;                        // nullopt: it is not served.
  std::uint64_t scrub_bytes = std::uint64_t{1} << 20U;  // A second; 0: nothing is scrubbed.
  std::size_t document_bytes = std::size_t{32} << 20U;  // Largest body taken.
};

// kInvalidInput "config.malformed" with the line and what is wrong with it;
// kNotFound "file.missing".
base::Result<Config> ReadConfig(const std::filesystem::path& file);

}  // namespace api
