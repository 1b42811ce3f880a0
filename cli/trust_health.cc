#include "cli/trust_health.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace cli {
namespace {

using base::Json;

enum class Weight { kFine, kWarning, kFailure };

struct State {
  std::string_view name;
  Weight weight;
  std::string_view reason;
  std::string_view fix;
};

constexpr std::string_view kNewer =
    "edocvault trust fetch; when that fails, edocvault trust import newer lists";

constexpr auto kStates = std::to_array<State>({
    {"fresh", Weight::kFine, "", ""},
    {"expiring", Weight::kWarning, "trust.expiring", kNewer},
    {"expired", Weight::kFailure, "trust.stale", kNewer},
    {"none", Weight::kWarning, "trust.nothing-in-use",
     "edocvault trust import LISTS --lotl-signer CERTIFICATES (docs/verification.md); for the "
     "service, [trust] of edocvaultd.toml (docs/trust.md)"},
    // The last one is for any other word as well.
    {"absent", Weight::kFailure, "trust.unready",
     "edocvault trust list, then trust pin a snapshot that holds, trust fetch or trust import"},
});

std::string SummaryOf(const Json& status) {
  const auto snapshot = status.Text("snapshot");
  if (!snapshot) return {};
  return "snapshot " + base::WithoutSteering(*snapshot) + ", " +
         std::to_string(status.Integer("ageDays").value_or(0)) + " days old, next expiry " +
         base::WithoutSteering(status.Text("nextExpiry").value_or("none"));
}

void AddWarnings(const Json& status, std::vector<std::string>& warnings) {
  const Json* list = status.Find("warnings");
  if (list == nullptr || list->AsArray() == nullptr) return;
  for (const Json& one : *list->AsArray()) {
    const std::string code = one.Text("code").value_or("");
    if (std::ranges::find(warnings, code) == warnings.end()) warnings.push_back(code);
  }
}

}  // namespace

TrustHealth TrustHealthOf(const Json& status) {
  const auto found =
      std::ranges::find(kStates, status.Text("state").value_or("absent"), &State::name);
  const State& state = found == kStates.end() ? kStates.back() : *found;
  TrustHealth health;
  health.summary = SummaryOf(status);
  health.fix = state.fix;
  AddWarnings(status, health.warnings);
  const std::string reason(state.reason);
  if (state.weight != Weight::kFine) std::erase(health.warnings, reason);
  if (state.weight == Weight::kWarning) health.warnings.insert(health.warnings.begin(), reason);
  if (state.weight == Weight::kFailure)
    health.outcome = base::Error{base::ErrorCode::kUnavailable, reason, health.summary};
  if (health.fix.empty() && !health.warnings.empty()) health.fix = "see docs/trust.md";
  return health;
}

}  // namespace cli
