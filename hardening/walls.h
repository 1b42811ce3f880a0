// Walls: runs a function over untrusted bytes where it can do no harm.
//
// The function runs in a forked process that cannot open files, connect, start programs or
// outlive its limits. It gets what it needs through the memory it shares by fork, and gives
// back bytes. Hardening knows nothing of what runs inside.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>

#include "base/bytes.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace hardening {

class Zygote;  // hardening/zygote.h

struct Walls {
  std::chrono::seconds cpu{10};
  // Address space beyond what is mapped at entry. Never raises a limit that holds already.
  std::size_t memory_bytes = std::size_t{1} << 30U;
  std::size_t result_bytes = std::size_t{64} << 20U;  // A longer result is an error.
  // What the calling process has ready; borrowed while work is started. Changes no wall, only what
  // it costs to build them. nullptr: each process gets its own ready.
  const Zygote* zygote = nullptr;
};

// Puts the calling process inside the walls for good: no new privileges, limits, no core
// file, and a seccomp filter that kills on anything but computing, memory, and writing to
// descriptors that are open already.
// kInternal "walls.not-built": the kernel refused; the caller must not go on.
base::Status EnterWalls(const Walls& walls);

// One piece of work behind the walls while it runs, for a caller with several of them: poll
// fd(), Read() when it is readable or time is up, Finish() when Read() says so.
// Movable; destroyed unfinished, it is killed. As for RunInWalls(), the caller is
// single-threaded or the work takes no lock that another thread may hold at the fork.
class WalledWork {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  // kUnavailable "walls.no-process". `work` runs in the child alone, so it may borrow.
  static base::Result<WalledWork> Start(const Walls& walls,
                                        const std::function<base::Bytes()>& work);
  ~WalledWork();
  WalledWork(WalledWork&& other) noexcept;
  WalledWork& operator=(WalledWork&&) = delete;

  int fd() const { return from_child_.get(); }
  // When it is too late: CPU time cannot pass faster than the clock, so this comes after the
  // limit of CPU time, and ends work that waits for ever.
  Deadline deadline() const { return deadline_; }

  // Takes the bytes that are there without waiting. True when there will be no more: the work
  // ended, wrote too much, or is too late.
  bool Read();

  // Collects the process, killing it if it still runs; never waits for it. The errors of
  // RunInWalls().
  base::Result<base::Bytes> Finish() &&;

 private:
  WalledWork(pid_t child, base::UniqueFd from_child, const Walls& walls);

  pid_t child_;
  base::UniqueFd from_child_;
  Deadline deadline_;
  std::size_t limit_;
  bool too_long_ = false;
  bool ended_ = false;
  base::Bytes result_;
};

// Forks, enters the walls, runs `work`, and returns its bytes. The caller is single-threaded
// or `work` takes no lock that another thread may hold at the fork. `work` sees no open
// descriptor but standard error.
//
// Errors:
//   kInvalidInput "walls.limit-cpu" | "walls.limit-memory"  the input was too costly
//   kInvalidInput "walls.limit-result"  the result is longer than `result_bytes`
//   kInternal "walls.forbidden"   the work tried what the walls forbid (SIGSYS)
//   kInternal "walls.crashed"     the work died otherwise
//   kInternal "walls.not-built"   the kernel refused the walls; the work did not run
//   kUnavailable "walls.no-process"  no process or pipe could be had
base::Result<base::Bytes> RunInWalls(const Walls& walls, const std::function<base::Bytes()>& work);

}  // namespace hardening
