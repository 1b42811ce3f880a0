#include "hsm/call_watch.h"

#include <unistd.h>

#include <string>

#include "base/log.h"
#include "hsm/keyholder.h"

namespace hsm {
namespace {

[[noreturn]] void EndProcess(std::string_view call, std::chrono::milliseconds deadline) {
  base::LogError("token.hangs", {base::ErrorCode::kUnavailable, "token.hangs",
                                 std::string(call) + " did not come back in " +
                                     std::to_string(deadline.count()) + " ms; this process ends"});
  ::_exit(kExitTokenHangs);
}

}  // namespace

CallWatch::CallWatch(std::chrono::milliseconds deadline)
    : deadline_(deadline), thread_([this](const std::stop_token& stop) { Watch(stop); }) {}

bool CallWatch::HasOneInsideFor(std::chrono::milliseconds age) const {
  const std::lock_guard lock(mutex_);
  return !calls_.empty() && SteadyClock::now() - calls_.front().since >= age;
}

CallWatch::Inside::Inside(CallWatch& watch, std::string_view name) : watch_(watch) {
  const std::lock_guard lock(watch.mutex_);
  watch.calls_.push_back({SteadyClock::now(), name});
  call_ = std::prev(watch.calls_.end());
  if (watch.is_asleep_) watch.entered_.notify_one();
}

CallWatch::Inside::~Inside() {
  const std::lock_guard lock(watch_.mutex_);
  watch_.calls_.erase(call_);
}

// Looks when the oldest call would be overdue, not at each that comes and goes.
void CallWatch::Watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    is_asleep_ = true;
    entered_.wait(lock, stop, [this] { return !calls_.empty(); });
    is_asleep_ = false;
    if (calls_.empty()) continue;
    entered_.wait_until(lock, stop, calls_.front().since + deadline_, [] { return false; });
    if (!calls_.empty() && SteadyClock::now() - calls_.front().since >= deadline_)
      EndProcess(calls_.front().name, deadline_);
  }
}

}  // namespace hsm
