#include "signing/trust_service.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace signing {
namespace {

// The last part of a status URI: lists of versions 3 to 6 differ in what stands before it.
std::string_view LastPart(std::string_view uri) {
  while (uri.ends_with('/')) uri.remove_suffix(1);
  const std::size_t slash = uri.rfind('/');
  return slash == std::string_view::npos ? uri : uri.substr(slash + 1);
}

bool IsStatusUri(std::string_view uri) {
  constexpr auto kFamilies = std::to_array<std::string_view>({
      "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/",
      "http://uri.etsi.org/TrstSvc/eSigDir-1999-93-EC-TrustedList/Svcstatus/",
      "http://uri.etsi.org/TrstSvc/Svcstatus/eSigDir-1999-93-EC-TrustedList/",
  });
  return std::ranges::any_of(kFamilies, [&](std::string_view f) { return uri.starts_with(f); });
}

bool IsOneOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace

const TrustStatus* TrustService::At(base::Time time) const {
  const auto found =
      std::ranges::find_if(history, [&](const TrustStatus& status) { return status.from <= time; });
  return found == history.end() || !found->understood ? nullptr : &*found;
}

const TrustStatus* TrustService::At(base::Time time, std::string_view type) const {
  const TrustStatus* status = At(time);
  return status != nullptr && status->type == type ? status : nullptr;
}

// Lists changed over at midnight in Brussels; TS 119 615 speaks of 2016-06-30T22:00:00Z.
base::Time EidasStart() {
  using std::chrono::June;
  return std::chrono::sys_days{std::chrono::year{2016} / June / 30} + std::chrono::hours{22};
}

bool IsApproved(const TrustStatus& status, base::Time at) {
  if (!IsStatusUri(status.status)) return false;
  const std::string_view word = LastPart(status.status);
  if (word == "granted") return true;
  return at < EidasStart() &&
         IsOneOf(word, {"undersupervision", "supervisionincessation", "accredited"});
}

bool IsNational(const TrustStatus& status) {
  return IsStatusUri(status.status) &&
         IsOneOf(LastPart(status.status), {"recognisedatnationallevel", "setbynationallaw"});
}

}  // namespace signing
