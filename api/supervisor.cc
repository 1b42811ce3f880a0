#include "api/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <map>
#include <string>

#include "api/roles.h"
#include "base/channel.h"
#include "base/log.h"
#include "hsm/keyholder.h"

namespace api {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFirstPause{200};
constexpr std::chrono::milliseconds kLongestPause{2000};  // Signing is back 5 s after the token.
constexpr std::chrono::seconds kGoodRun{30};  // After that a death counts as the first again.
constexpr std::chrono::seconds kStopPatience{10};

struct Child {
  std::string role;
  std::vector<int> doors;  // Borrowed from Doors; the child inherits them.
  pid_t pid = -1;
  SteadyClock::time_point started{};
  SteadyClock::time_point due{};  // When to start it (again).
  std::chrono::milliseconds pause = kFirstPause;
};

// Both ends stay open here for good: a call rung while a role is down waits in its door.
struct Doors {
  base::DoorPair keyholder;
  base::DoorPair inspector;
  base::DoorPair courier;
  std::map<std::string, base::DoorPair> sealers;  // Keyholders of other tokens, by name.
};

std::string JoinNumbers(const std::vector<int>& numbers) {
  std::string text;
  for (const int number : numbers) text += (text.empty() ? "" : ",") + std::to_string(number);
  return text;
}

// In the forked child, before exec: only async-signal-safe calls.
[[noreturn]] void BecomeRole(const std::vector<int>& doors, char* const* arguments) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // Nobody outlives the supervisor.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);  // Whatever our own parent left open, too.
  for (const int door : doors) ::fcntl(door, F_SETFD, 0);
  ::execv("/proc/self/exe", arguments);
  ::_exit(127);
}

bool Start(Child& child, const std::filesystem::path& config_file) {
  std::array<std::string, 7> words{"edocvaultd", "--config", config_file.string(),    "--role",
                                   child.role,   "--doors",  JoinNumbers(child.doors)};
  std::array<char*, 8> arguments{};
  std::ranges::transform(words, arguments.begin(), [](std::string& word) { return word.data(); });
  child.started = SteadyClock::now();
  child.pid = ::fork();
  if (child.pid == 0) BecomeRole(child.doors, arguments.data());
  base::Json fields;
  fields.Set("started", child.role);
  fields.Set("pid", std::int64_t{child.pid});
  base::Log(base::Severity::kInfo, "supervisor.started", fields);
  return child.pid > 0;
}

// A keyholder that ends itself because the token hangs has lived as long as it waited, and has to
// be there when the token comes back.
bool EndedForTheToken(int status) {
  return WIFEXITED(status) && WEXITSTATUS(status) == hsm::kExitTokenHangs;
}

// Notes a death and decides when the role starts again: at once for the first, later and
// later for a role that keeps dying.
void NoteDeath(Child& child, int status) {
  base::Json fields;
  fields.Set("died", child.role);
  fields.Set("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
  fields.Set("status", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  base::Log(base::Severity::kWarning, "supervisor.role-died", fields);
  const auto now = SteadyClock::now();
  if (now - child.started > kGoodRun || EndedForTheToken(status)) child.pause = kFirstPause;
  child.pid = -1;
  child.due = now + child.pause;
  child.pause = std::min(child.pause * 2, kLongestPause);
}

void Reap(std::vector<Child>& children) {
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    const auto child = std::ranges::find(children, pid, &Child::pid);
    if (child != children.end()) NoteDeath(*child, status);
  }
}

void StartDue(std::vector<Child>& children, const std::filesystem::path& config_file) {
  for (Child& child : children) {
    if (child.pid <= 0 && child.due <= SteadyClock::now() && !Start(child, config_file))
      child.due = SteadyClock::now() + kLongestPause;
  }
}

// The front first, so that it finishes its requests while the others still answer.
void StopAll(std::vector<Child>& children) {
  for (auto child = children.rbegin(); child != children.rend(); ++child) {
    if (child->pid <= 0) continue;
    ::kill(child->pid, SIGTERM);
    const auto deadline = SteadyClock::now() + kStopPatience;
    while (::waitpid(child->pid, nullptr, WNOHANG) == 0) {
      if (SteadyClock::now() > deadline) ::kill(child->pid, SIGKILL);
      ::usleep(10'000);
    }
  }
}

base::Result<Doors> MakeDoors(const Config& config) {
  Doors doors;
  ASSIGN_OR_RETURN(doors.keyholder, base::MakeDoor());
  ASSIGN_OR_RETURN(doors.inspector, base::MakeDoor());
  ASSIGN_OR_RETURN(doors.courier, base::MakeDoor());
  for (const auto& [name, place] : config.hsm.others) {
    ASSIGN_OR_RETURN(doors.sealers[name], base::MakeDoor());
  }
  return doors;
}

std::vector<int> DoorsOf(std::string_view role, const Doors& doors) {
  if (role == "keyholder") return {doors.keyholder.server.get()};
  if (role == "inspector") return {doors.inspector.server.get()};
  if (role == "courier") return {doors.courier.server.get()};
  std::vector<int> of_front{doors.keyholder.caller.get(), doors.inspector.caller.get(),
                            doors.courier.caller.get()};
  for (const auto& [name, door] : doors.sealers) of_front.push_back(door.caller.get());
  return of_front;
}

// The front last, as in kServiceRoles.
std::vector<Child> ChildrenOf(const Doors& doors) {
  std::vector<Child> children;
  for (const auto& [name, door] : doors.sealers)
    children.push_back({.role = "keyholder:" + name, .doors = {door.server.get()}});
  for (const RoleRow& row : kServiceRoles)
    children.push_back({.role = std::string(row.name), .doors = DoorsOf(row.name, doors)});
  return children;
}

}  // namespace

base::Status Supervise(const std::filesystem::path& config_file, const Config& config) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  // Roles have all symbols bound when they start: see hardening::Zygote.
  ::setenv("LD_BIND_NOW", "1", 1);  // NOLINT(concurrency-mt-unsafe): there is one thread
  // A tree of XML is more pieces of one size than glibc keeps at hand by itself (seven); it takes
  // and gives back the others in a slower way. What each thread may keep grows to some megabytes.
  ::setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=128", 0);  // NOLINT(concurrency-mt-unsafe)

  ASSIGN_OR_RETURN(const Doors doors, MakeDoors(config));
  std::vector<Child> children = ChildrenOf(doors);
  while (true) {
    Reap(children);
    StartDue(children, config_file);
    const timespec tick{0, 100'000'000};
    const int signal = sigtimedwait(&signals, nullptr, &tick);
    if (signal == SIGTERM || signal == SIGINT) break;
  }
  StopAll(children);
  return base::Ok();
}

}  // namespace api
