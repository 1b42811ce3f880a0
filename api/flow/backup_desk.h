// BackupDesk: makes backups when their time has come and when an operator asks, and says how the
// last one went.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "api/flow/back_up.h"

namespace api {

// Thread-safe. Borrows `back_up`. Ends when destroyed, after the backup that runs.
class BackupDesk {
 public:
  static constexpr std::chrono::seconds kAfterFailure{60};

  // One at start, then each `every`; 0: only when asked. After a failure the next is tried within
  // a minute.
  BackupDesk(BackUp& back_up, std::chrono::seconds every) : back_up_(back_up), every_(every) {}
  void Start();

  // Asks for one that begins from now on. Returns its number among the runs of this process.
  // kNotFound "backup.not-configured".
  base::Result<std::uint64_t> Ask();

  struct Outcome {
    std::uint64_t run = 0;
    bool is_done = false;
    base::Result<vault::BackupMade> made;  // Once it is done; of that run or a later one.
  };
  // Waits for `run` to be done, `wait` at most. kNotFound "backup.unknown" for one nobody asked
  // for.
  base::Result<Outcome> Look(std::uint64_t run, std::chrono::seconds wait);
  // The last one failed: what is stored since is on one volume only.
  bool IsFailing();

 private:
  void Run(const std::stop_token& stop);
  std::chrono::seconds Pause() const;  // REQUIRES: the mutex is held.

  BackUp& back_up_;
  const std::chrono::seconds every_;
  std::mutex mutex_;  // Guards what follows.
  std::condition_variable_any changed_;
  std::uint64_t asked_ = 0;  // Runs that are wanted, that began and that ended.
  std::uint64_t begun_ = 0;
  std::uint64_t done_ = 0;
  std::optional<base::Result<vault::BackupMade>> last_;
  std::jthread thread_;  // Last: it uses the others, and stops first.
};

}  // namespace api
