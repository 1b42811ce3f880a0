// Roles: what each process of the service does from its start to its end.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "api/config.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace api {

// Which doors a role holds: the servers hold one end of their own, the front all others. A role is
// started by its name, and one that holds a token by NAME:TOKEN; what runs gets the configuration
// of that token (hsm::OnToken).
struct RoleRow {
  std::string_view name;
  // `doors` in the order of the supervisor: see roles.cc.
  base::Status (*run)(const Config& config, std::vector<base::UniqueFd> doors);
};

// Runs until its callers are gone or SIGTERM comes.
base::Status RunFront(const Config& config, std::vector<base::UniqueFd> doors);
base::Status RunKeyholder(const Config& config, std::vector<base::UniqueFd> doors);
base::Status RunInspector(const Config& config, std::vector<base::UniqueFd> doors);
base::Status RunCourier(const Config& config, std::vector<base::UniqueFd> doors);
// Not part of the service: `init`, `key` and `doctor` start it as a child to reach a token.
base::Status RunProvisioner(const Config& config, std::vector<base::UniqueFd> doors);
// Development only: makes the SoftHSM token that the configuration names, with the PIN of its
// PIN file and a security officer's PIN that goes into "so-pin" beside it.
base::Status RunSoftTokenMaker(const Config& config, std::vector<base::UniqueFd> doors);

// For single tasks that `edocvault` gives to a child of its own.
inline constexpr std::array<RoleRow, 2> kTaskRoles{
    {{"provisioner", RunProvisioner}, {"soft-token-maker", RunSoftTokenMaker}}};

// The front last: the others have their doors when it starts.
inline constexpr std::array<RoleRow, 4> kServiceRoles{{{"keyholder", RunKeyholder},
                                                       {"inspector", RunInspector},
                                                       {"courier", RunCourier},
                                                       {"front", RunFront}}};

}  // namespace api
