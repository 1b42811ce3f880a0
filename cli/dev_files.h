// DevFiles: the files of a development appliance, written by `init --dev`.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "cli/home.h"
#include "emulator/emulator.h"
#include "hsm/provisioner.h"

namespace cli {

// The sealing keys of a development appliance: one of each kind.
struct SealingKey {
  const char* label;
  hsm::KeyKind kind;
};
inline constexpr auto kDevSealingKeys = std::to_array<SealingKey>({
    {"seal-p256", hsm::KeyKind::kSealP256},
    {"seal-p384", hsm::KeyKind::kSealP384},
    {"seal-p521", hsm::KeyKind::kSealP521},
    {"seal-ed25519", hsm::KeyKind::kSealEd25519},
    {"seal-rsa2048", hsm::KeyKind::kSealRsa2048},
    {"seal-rsa3072", hsm::KeyKind::kSealRsa3072},
    {"seal-rsa4096", hsm::KeyKind::kSealRsa4096},
});
// Signs hashes, under approvals by client/request.key.
inline constexpr SealingKey kDevRemoteKey{"remote-p256", hsm::KeyKind::kRemoteP256};

// Name of the emulator's witness.
inline constexpr const char* kDevWitness = "dev.edocvault.test/witness";

struct DevPorts {
  std::uint16_t service = 0;
  std::uint16_t emulator = 0;
};

// SHA-256 of the certificates with which callers are registered, hexadecimal.
struct CallerDigests {
  std::string agency;
  std::string platform;
  std::string attendant;
  std::string auditor;
  std::string tsa;      // Not callers: whose timestamps are used,
  std::string witness;  // and the verifier key of who cosigns checkpoints.
};

// Free ports on loopback; `wanted` is kept when it is not 0.
base::Result<DevPorts> ChoosePorts(std::uint16_t wanted);
std::string EmulatorUrl(const DevPorts& ports);

// Private to the user, as are all secrets in them.
base::Status MakeFolders(const Home& home);

// Server and client certificates by the test authority, and one ("stranger") that it issued
// but nobody registered, to try out a refusal.
base::Result<CallerDigests> IssueConnectionCertificates(const Home& home,
                                                        emulator::TestAuthority& authority);

// The agency's request key: client/request.key, and request.pub beside it.
base::Status WriteRequestKey(const Home& home);

// SoftHSM's configuration and a random PIN.
base::Status WriteSoftTokenFiles(const Home& home);

// edocvaultd.toml and client.toml.
base::Status WriteConfigs(const Home& home, const DevPorts& ports, const CallerDigests& callers);

}  // namespace cli
