#include "hsm/key_rate.h"

#include <algorithm>
#include <string>

#include "base/log.h"

namespace hsm {
namespace {

struct UseTraits {
  KeyUse use;
  std::string_view name;
  std::uint32_t a_minute;
};

// A page of a history is a hundred keys; scrubbing and export pass over everything.
constexpr auto kUses = std::to_array<UseTraits>({
    {KeyUse::kRead, "read", 300'000},
    {KeyUse::kVerify, "verify", 60'000},
    {KeyUse::kHistory, "history", 600'000},
    {KeyUse::kKept, "kept", 300'000},
    {KeyUse::kScrub, "scrub", 600'000},
    {KeyUse::kExport, "export", 600'000},
});

}  // namespace

std::string_view NameOf(KeyUse use) {
  return std::ranges::find(kUses, use, &UseTraits::use)->name;
}

std::array<KeyUse, 6> AllKeyUses() {
  std::array<KeyUse, 6> uses{};
  std::ranges::transform(kUses, uses.begin(), &UseTraits::use);
  return uses;
}

KeyLimits DefaultKeyLimits() {
  KeyLimits limits;
  for (const UseTraits& traits : kUses) limits[traits.use] = traits.a_minute;
  return limits;
}

base::Status KeyRate::Take(KeyUse use, std::size_t keys) {
  const auto limit = limits_.find(use);
  const std::int64_t second = clock_.Now().time_since_epoch().count();
  const std::int64_t now = second / 60;
  const std::lock_guard lock(mutex_);
  Minute& minute = minutes_[use];
  if (minute.number != now) minute = {now, 0};
  if (limit != limits_.end() && minute.taken + keys <= limit->second) {
    minute.taken += keys;
    return base::Ok();
  }
  const base::Error error{base::ErrorCode::kUnavailable, "key.rate",
                          "no more keys for \"" + std::string(NameOf(use)) + "\" before " +
                              base::FormatTime(base::Time(std::chrono::seconds((now + 1) * 60)))};
  base::LogError("key.rate", error);
  return error;
}

}  // namespace hsm
