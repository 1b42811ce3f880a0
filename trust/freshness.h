// Freshness: whether trust is still up to date, and until when.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"

namespace trust {

enum class Freshness { kFresh, kExpiring, kExpired };

std::string_view NameOf(Freshness freshness);  // "fresh", "expiring", "expired"

struct Limits {
  std::chrono::days warn_before{5};
  std::optional<std::chrono::days> max_age{};  // Since the import; nullopt: any.
};

struct Expiry {
  Freshness freshness = Freshness::kExpired;
  // The earliest NextUpdate of the lists in use, or the end of max_age where that is before;
  // nullopt: no list in use has one.
  std::optional<base::Time> next;
};

// `description`: of Describe(). A closed list, without NextUpdate, does not expire. No list in
// use though the snapshot has some: expired.
Expiry ExpiryOf(const base::Json& description, base::Time created, base::Time now,
                const Limits& limits);

}  // namespace trust
