#include "trust/freshness.h"

#include <algorithm>

namespace trust {
namespace {

using base::Json;

bool HasListMembers(const Json& description) {
  const Json* members = description.Find("members");
  return members != nullptr && members->AsArray() != nullptr &&
         std::ranges::any_of(*members->AsArray(),
                             [](const Json& one) { return one.Text("kind") == "list"; });
}

void TakeEarlier(std::optional<base::Time> time, std::optional<base::Time>& earliest) {
  if (time && (!earliest || *time < *earliest)) earliest = time;
}

}  // namespace

std::string_view NameOf(Freshness freshness) {
  switch (freshness) {
    case Freshness::kFresh: return "fresh";
    case Freshness::kExpiring: return "expiring";
    case Freshness::kExpired: return "expired";
  }
  return "expired";
}

Expiry ExpiryOf(const Json& description, base::Time created, base::Time now, const Limits& limits) {
  Expiry expiry;
  const Json* lists = description.Find("lists");
  if (lists == nullptr || lists->AsArray() == nullptr) return expiry;
  if (lists->AsArray()->empty() && HasListMembers(description)) return expiry;
  for (const Json& list : *lists->AsArray())
    TakeEarlier(base::ParseTime(list.Text("nextUpdate").value_or("")), expiry.next);
  if (limits.max_age) TakeEarlier(created + *limits.max_age, expiry.next);
  if (!expiry.next || now + limits.warn_before < *expiry.next)
    expiry.freshness = Freshness::kFresh;
  else if (now <= *expiry.next)
    expiry.freshness = Freshness::kExpiring;
  return expiry;
}

}  // namespace trust
