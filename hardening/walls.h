// Walls: runs a function over untrusted bytes where it can do no harm.
//
// The function runs in a forked process that cannot open files, connect, start programs or
// outlive its limits. It gets what it needs through the memory it shares by fork, and gives
// back bytes. Hardening knows nothing of what runs inside.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

#include "base/bytes.h"
#include "base/result.h"

namespace hardening {

struct Walls {
  std::chrono::seconds cpu{10};
  // Address space beyond what is mapped at entry. Never raises a limit that holds already.
  std::size_t memory_bytes = std::size_t{1} << 30U;
  std::size_t result_bytes = std::size_t{64} << 20U;  // A longer result is an error.
};

// Puts the calling process inside the walls for good: no new privileges, limits, no core
// file, and a seccomp filter that kills on anything but computing, memory, and reading and
// writing descriptors that are open already.
// kInternal "walls.not-built": the kernel refused; the caller must not go on.
base::Status EnterWalls(const Walls& walls);

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
