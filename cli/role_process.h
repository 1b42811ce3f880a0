// RoleProcess: a child of the command line that runs edocvaultd or one role of it, so that
// the command line itself never loads the PKCS#11 module.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "base/channel.h"
#include "base/result.h"

namespace cli {

class RoleProcess {
 public:
  // Runs one role with a door; reach it through TakeDoor(). Its log is added to `log`, as that
  // of the service is. kUnavailable "role.not-started" when edocvaultd does not lie beside
  // this program.
  static base::Result<RoleProcess> StartRole(const std::filesystem::path& config,
                                             const std::string& role,
                                             const std::filesystem::path& log);
  // Runs the whole service.
  static base::Result<RoleProcess> StartService(const std::filesystem::path& config,
                                                const std::filesystem::path& log);

  // Asks it to end and waits.
  ~RoleProcess();
  RoleProcess(RoleProcess&& other) noexcept;
  RoleProcess& operator=(RoleProcess&& other) noexcept;
  RoleProcess(const RoleProcess&) = delete;
  RoleProcess& operator=(const RoleProcess&) = delete;

  // The caller's end. REQUIRES: made by StartRole(), taken once.
  base::UniqueFd TakeDoor() { return std::move(door_); }

  // The exit status once it ended; nullopt while it runs.
  std::optional<int> Ended();
  // Waits for it to end by itself.
  int Wait();

 private:
  explicit RoleProcess(pid_t pid) : pid_(pid) {}
  static base::Result<RoleProcess> Start(std::vector<std::string> words, int inherited,
                                         const std::filesystem::path& log);

  pid_t pid_ = -1;
  base::UniqueFd door_;
};

}  // namespace cli
