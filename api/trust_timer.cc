#include "api/trust_timer.h"

#include <algorithm>

#include "base/log.h"

namespace api {

std::chrono::seconds PauseBeforeFetch(int failures, std::chrono::seconds refresh) {
  constexpr std::chrono::seconds kFirst{10};
  constexpr std::chrono::seconds kLongest{3600};
  if (failures <= 0) return refresh;
  const std::chrono::seconds pause = kFirst * (1 << std::min(failures - 1, 10));
  return std::min({pause, kLongest, refresh});
}

TrustTimer::TrustTimer(FetchTrust& fetch, std::chrono::seconds refresh) {
  if (!fetch.has_sources() || refresh.count() == 0) return;
  thread_ = std::jthread(
      [this, &fetch, refresh](const std::stop_token& stop) { Run(fetch, refresh, stop); });
}

void TrustTimer::Run(FetchTrust& fetch, std::chrono::seconds refresh, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto fetched = fetch.Run();
    if (!fetched.ok()) base::LogError("trust.not-fetched", fetched.error());
    wake_.wait_for(lock, stop, PauseBeforeFetch(fetch.failures(), refresh), [] { return false; });
  }
}

}  // namespace api
