// edocvaultd: the service. Without --role it is the supervisor; with it, one of the roles.
#include <signal.h>
#include <sys/prctl.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "api/config.h"
#include "api/roles.h"
#include "api/supervisor.h"
#include "base/log.h"
#include "hsm/keyholder.h"

namespace {

constexpr int kExitUsage = 64;
constexpr int kExitFailed = 70;

struct Arguments {
  std::string config;
  std::string role;
  std::vector<base::UniqueFd> doors;
};

bool ParseDoors(std::string_view text, std::vector<base::UniqueFd>& doors) {
  while (!text.empty()) {
    int door = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), door);
    if (error != std::errc() || door < 3) return false;
    doors.emplace_back(door);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty() && text.front() != ',') return false;
    if (!text.empty()) text.remove_prefix(1);
  }
  return true;
}

bool ParseArguments(const std::vector<std::string_view>& words, Arguments& out) {
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    if (words[i] == "--config") {
      out.config = words[i + 1];
    } else if (words[i] == "--role") {
      out.role = words[i + 1];
    } else if (words[i] != "--doors" || !ParseDoors(words[i + 1], out.doors)) {
      return false;
    }
  }
  return words.size() % 2 == 0 && !out.config.empty();
}

base::Status RunRole(Arguments arguments) {
  base::SetLogRole(arguments.role);
  ASSIGN_OR_RETURN(api::Config config, api::ReadConfig(arguments.config));
  const std::size_t colon = arguments.role.find(':');
  const std::string token =
      colon == std::string::npos ? std::string() : arguments.role.substr(colon + 1);
  const std::string name = arguments.role.substr(0, colon);
  // The front sends each seal to its token, so it knows the rules of all.
  if (name != "front") {
    ASSIGN_OR_RETURN(config.hsm, hsm::OnToken(std::move(config.hsm), token));
  }
  std::vector<api::RoleRow> roles(api::kServiceRoles.begin(), api::kServiceRoles.end());
  roles.insert(roles.end(), api::kTaskRoles.begin(), api::kTaskRoles.end());
  const auto role = std::ranges::find(roles, name, &api::RoleRow::name);
  if (role == roles.end())
    return base::Error{base::ErrorCode::kInvalidInput, "config.malformed",
                       "no role " + arguments.role};
  return role->run(config, std::move(arguments.doors));
}

}  // namespace

int main(int argc, char** argv) {
  // No core file, no ptrace, no pidfd_getfd by others of our user: each role holds something
  // secret, and the supervisor the doors to all of them. No program of ours gains rights.
  ::prctl(PR_SET_DUMPABLE, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::signal(SIGPIPE, SIG_IGN);  // A caller that hangs up is an error value, not a death.
  Arguments arguments;
  if (!ParseArguments({argv + 1, argv + argc}, arguments)) {
    static_cast<void>(std::fputs("usage: edocvaultd --config FILE\n", stderr));
    return kExitUsage;
  }
  base::SetLogRole("supervisor");
  const base::Status done = arguments.role.empty() ? [&]() -> base::Status {
    // A configuration that cannot be read would only make every role die.
    ASSIGN_OR_RETURN(const api::Config config, api::ReadConfig(arguments.config));
    return api::Supervise(arguments.config, config);
  }()
      : RunRole(std::move(arguments));
  if (done.ok()) return 0;
  base::LogError("edocvaultd.failed", done.error());
  return kExitFailed;
}
