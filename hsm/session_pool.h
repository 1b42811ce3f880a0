// SessionPool: sessions of one token that come back by themselves.
//
// When a call shows that sessions, login or token are gone, the pool lets the calls under
// way finish, finalises the module, initialises it anew, finds the token by its label, logs
// in and goes on. So a token that was pulled and put back needs no restart of ours. A token that
// hangs does: a call that is not back by its deadline ends this process (call_watch.h).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "hsm/call_watch.h"
#include "hsm/module.h"
#include "hsm/pin_guard.h"
#include "hsm/session.h"
#include "hsm/token_choice.h"
#include "hsm/token_place.h"

namespace hsm {

struct PoolConfig : TokenPlace {
  std::optional<TokenPlace> second;    // Used while the first stays away (token_choice.h).
  std::filesystem::path token_choice;  // Where it is remembered which.
  std::chrono::seconds token_patience{30};
  std::size_t sessions = 4;  // At least 1.
  SessionMode mode = SessionMode::kReadOnly;
  std::chrono::milliseconds patience{10'000};  // A wait for a session lasts at most this long.
  // So long may one call of the module take. Nobody is kept waiting for a session once one takes
  // a third of it.
  std::chrono::milliseconds call_deadline{3'000};
};

// Thread-safe. Nothing is loaded before the first call.
class SessionPool {
 public:
  explicit SessionPool(PoolConfig config);
  ~SessionPool();
  SessionPool(const SessionPool&) = delete;
  SessionPool& operator=(const SessionPool&) = delete;

  // Calls `work(Session&)` with a session that is logged in, and gives its result. When the
  // token was lost meanwhile, once more with a fresh one: `work` may run twice.
  //
  // Errors: those of `work`; kUnavailable "token.*": "token.busy" when no session came free,
  // "token.hangs" when the token stopped to answer, "token.key-elsewhere" for a key that is not in
  // the second token while that one is used.
  template <typename Work>
  auto Run(Work work) -> decltype(work(std::declval<Session&>())) {
    bool tried = false;
    while (true) {
      ASSIGN_OR_RETURN(Lease lease, Take());
      auto result = work(lease.session());
      const bool again = !result.ok() && lease.session().lost() && !tried;
      if (!again && !result.ok() && result.error().reason == "key.unknown" && on_second_)
        return KeyElsewhere(result.error());
      if (!again) return result;
      tried = true;
    }
  }

  struct Facts {
    std::string module;
    std::string token;
    bool second = false;  // The first is away.
  };
  // Starts and logs in if need be; its error says what is in the way.
  base::Result<Facts> Describe();

  // Which token was opened last.
  bool on_second() const { return on_second_; }

  const PoolConfig& config() const { return config_; }

 private:
  // Gives the session back when it dies.
  class Lease {
   public:
    Lease(SessionPool& pool, Session session) : pool_(&pool), session_(std::move(session)) {}
    ~Lease() {
      if (session_) pool_->Return(std::move(*session_));
    }
    Lease(Lease&& other) noexcept
        : pool_(other.pool_), session_(std::exchange(other.session_, std::nullopt)) {}
    Lease& operator=(Lease&&) = delete;
    Session& session() { return *session_; }

   private:
    SessionPool* pool_;
    std::optional<Session> session_;
  };

  using Lock = std::unique_lock<std::mutex>;

  base::Result<Lease> Take();
  void Return(Session session);
  // REQUIRES: `lock` holds the mutex; held again when they return.
  base::Result<Lease> OpenAnother(Lock& lock);
  base::Status MakeReady(Lock& lock);
  base::Status WaitUntil(Lock& lock, const std::function<bool()>& ready);
  // REQUIRES: is_starting_ keeps all others out.
  base::Status Start();
  base::Status Login();
  void Stop();
  void NoteToken();
  static base::Error KeyElsewhere(const base::Error& unknown);

  const PoolConfig config_;
  const TokenPlace& place() const { return choice_.is_second() ? *config_.second : config_; }
  TokenChoice choice_;
  PinGuard pin_guard_;
  PinGuard second_pin_guard_;
  CallWatch watch_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Order matters: sessions are closed before the module is finalised.
  std::optional<Module> module_;
  CK_SLOT_ID slot_ = 0;
  std::optional<Session> anchor_;  // Stays open: closing the last session would log out.
  bool logged_in_ = false;
  bool lost_ = false;
  bool is_starting_ = false;  // One thread has module, slot and anchor for itself.
  std::uint64_t failed_starts_ = 0;
  std::optional<base::Error> start_failure_;  // The last one.
  std::vector<Session> idle_;
  std::size_t leased_ = 0;
  std::atomic<bool> on_second_ = false;
};

}  // namespace hsm
