#include "api/every_second.h"

#include <chrono>

#include "base/log.h"

namespace api {

EverySecond::EverySecond(std::string event, std::function<base::Status()> work)
    : event_(std::move(event)),
      work_(std::move(work)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void EverySecond::Run(const std::stop_token& stop) {
  constexpr std::chrono::seconds kPeriod{1};
  bool failing = false;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto next = std::chrono::steady_clock::now() + kPeriod;
    const base::Status done = work_();
    if (!done.ok() && !failing) base::LogError(event_, done.error());
    failing = !done.ok();
    wake_.wait_until(lock, stop, next, [] { return false; });
  }
}

}  // namespace api
