#include "api/flow/backup_desk.h"

#include <algorithm>

#include "base/log.h"

namespace api {
namespace {

constexpr std::chrono::seconds kNever = std::chrono::hours{24 * 365};

void Tell(const base::Result<vault::BackupMade>& made) {
  if (!made.ok()) return base::LogError("backup.failed", made.error());
  base::Json fields;
  fields.Set("number", static_cast<std::int64_t>(made.value().number));
  fields.Set("entries", static_cast<std::int64_t>(made.value().to));
  fields.Set("bytes", static_cast<std::int64_t>(made.value().bytes));
  base::Log(base::Severity::kInfo, "backup.made", fields);
}

}  // namespace

void BackupDesk::Start() {
  if (!back_up_.is_configured()) return;
  if (every_.count() > 0) asked_ = 1;
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

base::Result<std::uint64_t> BackupDesk::Ask() {
  if (!back_up_.is_configured())
    return base::Error{base::ErrorCode::kNotFound, "backup.not-configured", "there is no [backup]"};
  const std::lock_guard lock(mutex_);
  // One that runs already may have its checkpoint from before.
  asked_ = begun_ + 1;
  changed_.notify_all();
  return asked_;
}

base::Result<BackupDesk::Outcome> BackupDesk::Look(std::uint64_t run, std::chrono::seconds wait) {
  std::unique_lock lock(mutex_);
  if (run == 0 || run > asked_)
    return base::Error{base::ErrorCode::kNotFound, "backup.unknown", std::to_string(run)};
  changed_.wait_for(lock, wait, [&] { return done_ >= run; });
  if (done_ < run) return Outcome{run, false, vault::BackupMade{}};
  return Outcome{run, true, *last_};
}

bool BackupDesk::IsFailing() {
  const std::lock_guard lock(mutex_);
  return last_ && !last_->ok();
}

std::chrono::seconds BackupDesk::Pause() const {
  const std::chrono::seconds regular = every_.count() > 0 ? every_ : kNever;
  return last_ && !last_->ok() ? std::min(kAfterFailure, regular) : regular;
}

void BackupDesk::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait_for(lock, stop, Pause(), [this] { return asked_ > begun_; });
    if (stop.stop_requested()) return;
    asked_ = std::max(asked_, ++begun_);
    lock.unlock();
    auto made = back_up_.Run();
    Tell(made);
    lock.lock();
    last_ = std::move(made);
    done_ = begun_;
    changed_.notify_all();
  }
}

}  // namespace api
