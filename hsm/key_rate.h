// KeyRate: how many record keys are handed out in a minute, for each use.
//
// Whoever owns the front gets the keys that the front asks for; by this he gets them slowly, and
// the log says so. Counted in memory: a keyholder that starts anew begins a new minute.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>

#include "base/clock.h"
#include "base/result.h"
#include "hsm/vault_keys.h"

namespace hsm {

// Keys a minute; at least kMaxKeys, so that one call always fits.
using KeyLimits = std::map<KeyUse, std::uint32_t>;
KeyLimits DefaultKeyLimits();

// Thread-safe.
class KeyRate {
 public:
  KeyRate(KeyLimits limits, const base::Clock& clock) : limits_(std::move(limits)), clock_(clock) {}

  // kUnavailable "key.rate", saying when the next minute begins.
  base::Status Take(KeyUse use, std::size_t keys);

 private:
  struct Minute {
    std::int64_t number = 0;
    std::uint64_t taken = 0;
  };

  const KeyLimits limits_;
  const base::Clock& clock_;
  std::mutex mutex_;
  std::map<KeyUse, Minute> minutes_;
};

}  // namespace hsm
