// TrustTimer: fetches trust at start, again each refresh period, and sooner after a failure.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "api/flow/fetch_trust.h"

namespace api {

// How long to wait after so many failures in a row: ten seconds, doubled for each further one,
// an hour at most; without any, the refresh period. Never longer than that.
std::chrono::seconds PauseBeforeFetch(int failures, std::chrono::seconds refresh);

// Does nothing without sources or refresh period. Borrows `fetch`; stops when destroyed, after
// the fetch that runs.
class TrustTimer {
 public:
  TrustTimer(FetchTrust& fetch, std::chrono::seconds refresh);

 private:
  void Run(FetchTrust& fetch, std::chrono::seconds refresh, const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // Last: it uses the others, and stops first.
};

}  // namespace api
