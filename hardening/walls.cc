#include "hardening/walls.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <new>
#include <optional>

#include "base/unique_fd.h"
#include "hardening/seccomp_filter.h"

namespace hardening {
namespace {

using base::Error;
using base::ErrorCode;
using Deadline = std::chrono::steady_clock::time_point;

// Exit statuses of the child that are no result.
constexpr int kNotBuilt = 101;
constexpr int kOutOfMemory = 102;
constexpr int kThrew = 103;

// Lowers a limit; one that is lower already stays.
bool Limit(__rlimit_resource resource, rlim_t wanted) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return false;
  limit.rlim_cur = std::min(limit.rlim_cur, wanted);
  limit.rlim_max = std::min(limit.rlim_max, wanted);
  return ::setrlimit(resource, &limit) == 0;
}

#ifndef EDOCVAULT_SANITIZED
// Pages mapped now, from /proc/self/statm: the limit on address space counts them too.
std::optional<rlim_t> MappedBytes() {
  const base::UniqueFd fd{::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)};
  std::array<char, 64> text{};
  if (!fd.valid() || ::read(fd.get(), text.data(), text.size() - 1) <= 0) return std::nullopt;
  const rlim_t pages = std::strtoull(text.data(), nullptr, 10);
  return pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}

bool LimitMemory(const Walls& walls) {
  const auto mapped = MappedBytes();
  return mapped && Limit(RLIMIT_AS, *mapped + walls.memory_bytes);
}
#else
// The sanitizers reserve terabytes of shadow.
bool LimitMemory(const Walls&) {
  return true;
}
#endif

bool BuildWalls(const Walls& walls) {
  // The soft limit signals with SIGXCPU, whose default action ends the process.
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && Limit(RLIMIT_CORE, 0) &&
         Limit(RLIMIT_FSIZE, 0) && Limit(RLIMIT_CPU, static_cast<rlim_t>(walls.cpu.count())) &&
         LimitMemory(walls) && InstallSeccompFilter();
}

bool WriteAll(int fd, base::ByteSpan bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

// Of all descriptors the work keeps the pipe to the parent and standard error.
bool CloseOthers(int pipe) {
  ::close(STDIN_FILENO);
  ::close(STDOUT_FILENO);
  const auto keep = static_cast<unsigned>(pipe);
  const bool below = keep <= 3 || ::close_range(3, keep - 1, 0) == 0;
  return below && ::close_range(keep + 1, ~0U, 0) == 0;
}

[[noreturn]] void RunChild(const Walls& walls, const std::function<base::Bytes()>& work, int pipe,
                           pid_t parent) {
  std::set_new_handler([] { ::_exit(kOutOfMemory); });
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != parent) ::_exit(kNotBuilt);  // It died before the line above.
  if (!CloseOthers(pipe) || !EnterWalls(walls).ok()) ::_exit(kNotBuilt);
  try {
    const base::Bytes result = work();
    ::_exit(WriteAll(pipe, result) ? 0 : kThrew);
  } catch (const std::bad_alloc&) {
    ::_exit(kOutOfMemory);
  } catch (...) {
    ::_exit(kThrew);
  }
}

enum class Reading { kDone, kTooLong, kTooLate };

Reading ReadResult(int fd, std::size_t limit, Deadline deadline, base::Bytes& result) {
  std::array<std::uint8_t, 65536> buffer{};
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return Reading::kTooLate;
    pollfd poll_fd{fd, POLLIN, 0};
    if (::poll(&poll_fd, 1, static_cast<int>(left.count())) <= 0) continue;
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Reading::kDone;
    if (result.size() + static_cast<std::size_t>(count) > limit) return Reading::kTooLong;
    base::Append({buffer.data(), static_cast<std::size_t>(count)}, result);
  }
}

// nullopt when the system does not tell how it ended (somebody else collects children here):
// then nothing it wrote is to be believed.
std::optional<int> Reap(pid_t child) {
  int status = 0;
  for (;;) {
    if (::waitpid(child, &status, 0) == child) return status;
    if (errno != EINTR) return std::nullopt;
  }
}

struct Ending {
  bool signalled;
  int number;  // Signal or exit status.
  Error error;
};

Error ErrorOf(int status) {
  static const std::array<Ending, 6> kEndings{{
      {true, SIGXCPU, {ErrorCode::kInvalidInput, "walls.limit-cpu", "CPU limit reached"}},
      {true, SIGKILL, {ErrorCode::kInvalidInput, "walls.limit-cpu", "killed at the hard limit"}},
      {true, SIGSYS, {ErrorCode::kInternal, "walls.forbidden", "a forbidden system call"}},
      {false, kOutOfMemory, {ErrorCode::kInvalidInput, "walls.limit-memory", "memory limit"}},
      {false, kNotBuilt, {ErrorCode::kInternal, "walls.not-built", "the kernel refused the walls"}},
      {false, kThrew, {ErrorCode::kInternal, "walls.crashed", "an exception left the work"}},
  }};
  const bool signalled = WIFSIGNALED(status);
  const int number = signalled ? WTERMSIG(status) : WEXITSTATUS(status);
  for (const Ending& ending : kEndings)
    if (ending.signalled == signalled && ending.number == number) return ending.error;
  return {ErrorCode::kInternal, "walls.crashed",
          (signalled ? "signal " : "exit status ") + std::to_string(number)};
}

}  // namespace

base::Status EnterWalls(const Walls& walls) {
  // Local time would be read from a file at its first use. Behind the walls there are no
  // files, and a result must not depend on where it was computed.
  ::setenv("TZ", "UTC0", 1);  // NOLINT(concurrency-mt-unsafe): a forked child has one thread
  ::tzset();
  if (BuildWalls(walls)) return base::Ok();
  return Error{ErrorCode::kInternal, "walls.not-built", "limits or system call filter refused"};
}

base::Result<base::Bytes> RunInWalls(const Walls& walls, const std::function<base::Bytes()>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return Error{ErrorCode::kUnavailable, "walls.no-process", "no pipe"};
  const base::UniqueFd from_child{ends[0]};
  base::UniqueFd to_parent{ends[1]};

  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return Error{ErrorCode::kUnavailable, "walls.no-process", "no process"};
  if (child == 0) RunChild(walls, work, to_parent.get(), parent);
  to_parent.Reset();

  // CPU time cannot pass faster than the clock on one thread; the rest is for a busy machine.
  const Deadline deadline =
      std::chrono::steady_clock::now() + 4 * walls.cpu + std::chrono::seconds{5};
  base::Bytes result;
  const Reading reading = ReadResult(from_child.get(), walls.result_bytes, deadline, result);
  if (reading != Reading::kDone) ::kill(child, SIGKILL);
  const std::optional<int> status = Reap(child);
  if (reading == Reading::kTooLong)
    return Error{ErrorCode::kInvalidInput, "walls.limit-result", "the result is too long"};
  if (!status) return Error{ErrorCode::kInternal, "walls.crashed", "its end was not seen"};
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return result;
  return ErrorOf(*status);
}

}  // namespace hardening
