#include "cli/role_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

namespace cli {
namespace {

std::filesystem::path DaemonPath() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "edocvaultd";
}

}  // namespace

base::Result<RoleProcess> RoleProcess::Start(std::vector<std::string> words, int inherited,
                                             const std::filesystem::path& log) {
  const std::string program = DaemonPath().string();
  if (::access(program.c_str(), X_OK) != 0)
    return base::Error{base::ErrorCode::kUnavailable, "role.not-started", "no " + program};
  const base::UniqueFd log_file{
      log.empty()
          ? -1
          : ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    if (inherited >= 0) ::fcntl(inherited, F_SETFD, 0);
    if (log_file.valid()) ::dup2(log_file.get(), STDERR_FILENO);
    ::execv(program.c_str(), arguments.data());
    ::_exit(127);
  }
  if (pid < 0)
    return base::Error{base::ErrorCode::kUnavailable, "role.not-started", "no process is left"};
  return RoleProcess(pid);
}

base::Result<RoleProcess> RoleProcess::StartRole(const std::filesystem::path& config,
                                                 const std::string& role,
                                                 const std::filesystem::path& log) {
  ASSIGN_OR_RETURN(base::DoorPair door, base::MakeDoor());
  ASSIGN_OR_RETURN(RoleProcess process, Start({"edocvaultd", "--config", config.string(), "--role",
                                               role, "--doors", std::to_string(door.server.get())},
                                              door.server.get(), log));
  process.door_ = std::move(door.caller);
  return process;
}

base::Result<RoleProcess> RoleProcess::StartService(const std::filesystem::path& config,
                                                    const std::filesystem::path& log) {
  return Start({"edocvaultd", "--config", config.string()}, -1, log);
}

RoleProcess::~RoleProcess() {
  if (pid_ <= 0) return;
  door_.Reset();
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

RoleProcess::RoleProcess(RoleProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), door_(std::move(other.door_)) {}

RoleProcess& RoleProcess::operator=(RoleProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(door_, other.door_);
  return *this;
}

std::optional<int> RoleProcess::Ended() {
  int status = 0;
  if (pid_ <= 0 || ::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int RoleProcess::Wait() {
  int status = 0;
  if (::waitpid(std::exchange(pid_, -1), &status, 0) < 0) return 128;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace cli
