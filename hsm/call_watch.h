// CallWatch: how long calls have been inside the token's module, and the end of the process for
// one that does not come back.
//
// PKCS#11 has no way to cancel a call, and a module must not be finalised while one is under way:
// a call that hangs would keep its thread, its session and every recovery for ever. What is left
// is to end this process, which the supervisor starts anew (ADR 0012).
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>

namespace hsm {

// Thread-safe. The process ends by _exit(kExitTokenHangs) (keyholder.h), destructors do not run,
// soon after a call has been inside for `deadline`.
class CallWatch {
 public:
  explicit CallWatch(std::chrono::milliseconds deadline);
  CallWatch(const CallWatch&) = delete;
  CallWatch& operator=(const CallWatch&) = delete;

  bool HasOneInsideFor(std::chrono::milliseconds age) const;

 private:
  using SteadyClock = std::chrono::steady_clock;

  struct Call {
    SteadyClock::time_point since;
    std::string_view name;
  };

 public:
  // One call, inside while this lives. `name` outlives it.
  class Inside {
   public:
    Inside(CallWatch& watch, std::string_view name);
    ~Inside();
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    CallWatch& watch_;
    std::list<Call>::iterator call_;
  };

 private:
  void Watch(const std::stop_token& stop);

  const std::chrono::milliseconds deadline_;
  mutable std::mutex mutex_;
  std::condition_variable_any entered_;
  bool is_asleep_ = false;  // The thread waits to be told of the next call.
  std::list<Call> calls_;   // Oldest first.
  std::jthread thread_;     // Last: it uses the others, and stops first.
};

}  // namespace hsm
