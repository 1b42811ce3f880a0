// EverySecond: does one thing again and again, a second after it last began.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"

namespace api {

// A failure is logged as `event` when it begins, not each time. Stops when destroyed, after the
// work that is under way.
class EverySecond {
 public:
  EverySecond(std::string event, std::function<base::Status()> work);

 private:
  void Run(const std::stop_token& stop);

  const std::string event_;
  const std::function<base::Status()> work_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // Last: it uses the others, and stops first.
};

}  // namespace api
