#include "hsm/session_pool.h"

#include <cstdlib>

#include "base/log.h"

namespace hsm {
namespace {

// A call that has been inside for this part of its deadline is held to hang.
constexpr int kSlowPart = 3;
// A call that grows slow wakes nobody: who waits looks this often.
constexpr std::chrono::milliseconds kLook{50};

}  // namespace

SessionPool::SessionPool(PoolConfig config)
    : config_(std::move(config)),
      choice_(config_.second ? config_.token_choice : "", config_.token_patience),
      pin_guard_(config_.pin_file, config_.pin_refused_mark),
      second_pin_guard_(config_.second ? config_.second->pin_file : "",
                        config_.second ? config_.second->pin_refused_mark : ""),
      watch_(config_.call_deadline) {}

SessionPool::~SessionPool() {
  Stop();
}

base::Result<SessionPool::Lease> SessionPool::Take() {
  Lock lock(mutex_);
  RETURN_IF_ERROR(MakeReady(lock));
  ++leased_;
  if (idle_.empty()) return OpenAnother(lock);
  Session session = std::move(idle_.back());
  idle_.pop_back();
  return Lease(*this, std::move(session));
}

// The token is called without the mutex, so that one that hangs stops only its own caller.
base::Result<SessionPool::Lease> SessionPool::OpenAnother(Lock& lock) {
  lock.unlock();
  auto opened = Session::Open(module_->calls(), slot_, config_.mode);
  if (opened.ok()) return Lease(*this, std::move(opened).value());
  lock.lock();
  --leased_;
  // A module may notice only here that its token has gone.
  lost_ = lost_ || opened.error().reason != "token.busy";
  changed_.notify_all();
  return opened.error();
}

base::Status SessionPool::MakeReady(Lock& lock) {
  // A lost token is started anew only when nobody is inside the module any more. Who waited for
  // another's start shares its failure: else each of them would try in turn.
  const std::uint64_t failed_before = failed_starts_;
  RETURN_IF_ERROR(WaitUntil(lock, [this, failed_before] {
    if (failed_starts_ != failed_before) return true;
    return !is_starting_ && (lost_ ? leased_ == 0 : leased_ < config_.sessions);
  }));
  if (failed_starts_ != failed_before) return *start_failure_;
  if (logged_in_ && !lost_) return base::Ok();
  is_starting_ = true;
  lock.unlock();
  // Asked in any case: it counts the tries.
  const bool other = choice_.Try(base::SystemClock().Now());
  if (lost_ || other) Stop();
  base::Status started = Start();
  if (started.ok()) started = Login();
  if (started.ok()) NoteToken();
  lock.lock();
  is_starting_ = false;
  if (!started.ok()) {
    ++failed_starts_;
    start_failure_ = started.error();
  }
  changed_.notify_all();
  return started;
}

void SessionPool::Return(Session session) {
  const bool shows_loss = session.lost();
  std::optional<Session> reusable;
  // A failed one is closed while it still counts as leased: once nothing is leased the module
  // may start anew, and its handle might be somebody else's.
  if (session.failed()) {
    const Session closed = std::move(session);
  } else {
    reusable.emplace(std::move(session));
  }
  const Lock lock(mutex_);
  --leased_;
  if (shows_loss && !lost_) {
    lost_ = true;
    base::Log(base::Severity::kWarning, "token.lost");
  }
  if (reusable) idle_.push_back(std::move(*reusable));
  changed_.notify_all();
}

base::Status SessionPool::WaitUntil(Lock& lock, const std::function<bool()>& ready) {
  const auto end = std::chrono::steady_clock::now() + config_.patience;
  while (!ready()) {
    // Waiting for a token that hangs would only keep the caller from its other work.
    if (watch_.HasOneInsideFor(config_.call_deadline / kSlowPart))
      return base::Error{base::ErrorCode::kUnavailable, "token.hangs",
                         "a call of the token's does not come back"};
    if (std::chrono::steady_clock::now() >= end)
      return base::Error{base::ErrorCode::kUnavailable, "token.busy",
                         "no session of the token came free in time"};
    changed_.wait_for(lock, kLook);
  }
  return base::Ok();
}

base::Status SessionPool::Start() {
  if (anchor_) return base::Ok();
  Stop();
  const TokenPlace& its = place();
  for (const auto& [name, value] : its.environment) ::setenv(name.c_str(), value.c_str(), 1);
  ASSIGN_OR_RETURN(Module module, Module::Load(its.module, its.module_arguments, watch_));
  ASSIGN_OR_RETURN(slot_, module.FindToken(its.token_label));
  ASSIGN_OR_RETURN(Session anchor, Session::Open(module.calls(), slot_, config_.mode));
  module_.emplace(std::move(module));
  anchor_.emplace(std::move(anchor));
  return base::Ok();
}

base::Status SessionPool::Login() {
  if (logged_in_) return base::Ok();
  bool is_asked = false;
  PinGuard& guard = choice_.is_second() ? second_pin_guard_ : pin_guard_;
  base::Status login = guard.TryOnce([&](base::ByteSpan pin) {
    is_asked = true;
    return module_->calls().Call("C_Login", &CK_FUNCTION_LIST::C_Login, anchor_->handle(), CKU_USER,
                                 const_cast<CK_UTF8CHAR_PTR>(pin.data()), pin.size());
  });
  if (!login.ok()) {
    // The token may be what failed: then the next call finds it anew.
    lost_ = is_asked && login.error().reason != "token.pin-refused";
    return login;
  }
  logged_in_ = true;
  base::Log(base::Severity::kInfo, "token.ready");
  return login;
}

void SessionPool::NoteToken() {
  choice_.Worked();
  if (on_second_.exchange(choice_.is_second()) == choice_.is_second()) return;
  base::Json fields;
  fields.Set("token", place().token_label);
  base::Log(base::Severity::kWarning, "token.changed", fields);
}

base::Error SessionPool::KeyElsewhere(const base::Error& unknown) {
  return {base::ErrorCode::kUnavailable, "token.key-elsewhere", unknown.message};
}

void SessionPool::Stop() {
  idle_.clear();
  anchor_.reset();
  module_.reset();
  logged_in_ = false;
  lost_ = false;
}

// As if a session were leased: the module stays while it is asked, without the mutex.
base::Result<SessionPool::Facts> SessionPool::Describe() {
  Lock lock(mutex_);
  RETURN_IF_ERROR(MakeReady(lock));
  ++leased_;
  lock.unlock();
  const auto info = module_->Token(slot_);
  const std::string module = module_->Description();
  lock.lock();
  --leased_;
  lost_ = lost_ || !info.ok();
  changed_.notify_all();
  if (!info.ok()) return info.error();
  return Facts{module, Unpadded(info.value().label) + ", " + Unpadded(info.value().model),
               on_second_};
}

}  // namespace hsm
