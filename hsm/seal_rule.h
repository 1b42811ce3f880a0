// SealRule: whose a sealing key is, and what it takes to use it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace hsm {

// A key without a rule seals nothing. Exactly one of `approvers` and `hourly` is set.
struct SealRule {
  bool signs_hashes = false;           // Hashes, each approved, instead of seals.
  std::string agency;                  // Code of the public body. No other can see the key.
  std::vector<base::Bytes> approvers;  // Its request keys, as IsRequestKey() wants them.
  std::uint32_t hourly = 0;  // Unattended: so many signatures in an hour, without any approval.
  std::string token{};       // Name of the token it is in; empty: that of the vault.
};

using SealRules = std::map<std::string, SealRule, std::less<>>;  // By label.

}  // namespace hsm
