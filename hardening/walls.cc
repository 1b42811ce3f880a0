#include "hardening/walls.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <new>
#include <optional>
#include <utility>

#include "base/unique_fd.h"
#include "hardening/seccomp_filter.h"
#include "hardening/zygote.h"

namespace hardening {
namespace {

using base::Error;
using base::ErrorCode;

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

// `mapped` is what the process has already: the limit on address space counts that too.
bool LimitMemory([[maybe_unused]] const Walls& walls,
                 [[maybe_unused]] std::optional<std::size_t> mapped) {
#ifndef EDOCVAULT_SANITIZED
  return mapped && Limit(RLIMIT_AS, *mapped + walls.memory_bytes);
#else
  return true;  // The sanitizers reserve terabytes of shadow.
#endif
}

bool BuildWalls(const Walls& walls, std::optional<std::size_t> mapped,
                const SeccompFilter& filter) {
  // The soft limit signals with SIGXCPU, whose default action ends the process.
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && Limit(RLIMIT_CORE, 0) &&
         Limit(RLIMIT_FSIZE, 0) && Limit(RLIMIT_CPU, static_cast<rlim_t>(walls.cpu.count())) &&
         LimitMemory(walls, mapped) && filter.Install();
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

// As EnterWalls(), with what the parent has ready for it.
bool EnterPreparedWalls(const Walls& walls, std::optional<std::size_t> mapped) {
  return BuildWalls(walls, mapped, walls.zygote->filter());
}

[[noreturn]] void RunChild(const Walls& walls, const std::function<base::Bytes()>& work, int pipe,
                           pid_t parent, std::optional<std::size_t> mapped) {
  std::set_new_handler([] { ::_exit(kOutOfMemory); });
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != parent) ::_exit(kNotBuilt);  // It died before the line above.
  if (!CloseOthers(pipe)) ::_exit(kNotBuilt);
  const bool entered =
      walls.zygote == nullptr ? EnterWalls(walls).ok() : EnterPreparedWalls(walls, mapped);
  if (!entered) ::_exit(kNotBuilt);
  try {
    const base::Bytes result = work();
    ::_exit(WriteAll(pipe, result) ? 0 : kThrew);
  } catch (const std::bad_alloc&) {
    ::_exit(kOutOfMemory);
  } catch (...) {
    ::_exit(kThrew);
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
  UseUtc();
  if (BuildWalls(walls, MappedSize().Now(), SeccompFilter::Compile())) return base::Ok();
  return Error{ErrorCode::kInternal, "walls.not-built", "limits or system call filter refused"};
}

base::Result<WalledWork> WalledWork::Start(const Walls& walls,
                                           const std::function<base::Bytes()>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return Error{ErrorCode::kUnavailable, "walls.no-process", "no pipe"};
  base::UniqueFd from_child{ends[0]};
  const base::UniqueFd to_parent{ends[1]};
  // The child writes until the pipe is full; reading must not wait for it.
  if (::fcntl(from_child.get(), F_SETFL, O_NONBLOCK) != 0)
    return Error{ErrorCode::kUnavailable, "walls.no-process", "no pipe that does not wait"};
  const pid_t parent = ::getpid();
  const auto mapped = walls.zygote == nullptr ? std::nullopt : walls.zygote->MappedBytes();
  const pid_t child = ::fork();
  if (child < 0) return Error{ErrorCode::kUnavailable, "walls.no-process", "no process"};
  if (child == 0) RunChild(walls, work, to_parent.get(), parent, mapped);
  return WalledWork(child, std::move(from_child), walls);
}

WalledWork::WalledWork(pid_t child, base::UniqueFd from_child, const Walls& walls)
    : child_(child),
      from_child_(std::move(from_child)),
      // The rest is for a busy machine.
      deadline_(std::chrono::steady_clock::now() + 4 * walls.cpu + std::chrono::seconds{5}),
      limit_(walls.result_bytes) {}

WalledWork::WalledWork(WalledWork&& other) noexcept
    : child_(std::exchange(other.child_, -1)),
      from_child_(std::move(other.from_child_)),
      deadline_(other.deadline_),
      limit_(other.limit_),
      too_long_(other.too_long_),
      ended_(other.ended_),
      result_(std::move(other.result_)) {}

WalledWork::~WalledWork() {
  if (child_ <= 0) return;
  ::kill(child_, SIGKILL);
  static_cast<void>(Reap(child_));
}

bool WalledWork::Read() {
  while (!ended_ && !too_long_) {
    int waiting = 0;  // At most what a pipe holds.
    if (::ioctl(from_child_.get(), FIONREAD, &waiting) != 0) waiting = 0;
    const std::size_t before = result_.size();
    result_.resize(before + static_cast<std::size_t>(std::max(waiting, 1)));
    const ssize_t count =
        ::read(from_child_.get(), result_.data() + before, result_.size() - before);
    const int error = errno;
    result_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && error == EINTR) continue;
    if (count < 0 && error == EAGAIN) return std::chrono::steady_clock::now() >= deadline_;
    ended_ = count <= 0;
    too_long_ = result_.size() > limit_;
  }
  return true;
}

base::Result<base::Bytes> WalledWork::Finish() && {
  const pid_t child = std::exchange(child_, -1);
  // Also at the end of the bytes: honest work ends them by ending, and its status stands by then.
  // Other work may have hung up and sleep for ever.
  ::kill(child, SIGKILL);
  const std::optional<int> status = Reap(child);
  if (too_long_)
    return Error{ErrorCode::kInvalidInput, "walls.limit-result", "the result is too long"};
  if (!status) return Error{ErrorCode::kInternal, "walls.crashed", "its end was not seen"};
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return std::move(result_);
  return ErrorOf(*status);
}

base::Result<base::Bytes> RunInWalls(const Walls& walls, const std::function<base::Bytes()>& work) {
  ASSIGN_OR_RETURN(WalledWork running, WalledWork::Start(walls, work));
  while (!running.Read()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        running.deadline() - std::chrono::steady_clock::now());
    pollfd item{running.fd(), POLLIN, 0};
    static_cast<void>(::poll(&item, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))));
  }
  return std::move(running).Finish();
}

}  // namespace hardening
