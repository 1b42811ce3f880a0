// The parts of a ceremony that its verbs have in common: the order that is drafted, and what
// custodians made of it.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cli/home.h"
#include "cli/role_process.h"
#include "hsm/ceremony.h"
#include "hsm/keyholder.h"

namespace cli {

// A process that holds a token for ceremonies: that of the vault (""), "second", or a [[token]].
base::Result<RoleProcess> StartProvisioner(const Home& home, const std::string& token);

// Writes the order of `act` to `file`, to be carried out within `hours`. Answers what it says.
base::Result<base::Json> DraftOrder(hsm::KeyholderClient& token, const hsm::CeremonyAct& act,
                                    const std::string& file, std::uint32_t hours);

// The JWS in each file.
base::Result<std::vector<std::string>> ReadApprovals(const std::vector<std::string>& files);

// What a custodian reads; `exp` is for programs.
base::Json ShownOrder(const char* done, const std::string& file, const hsm::CeremonyOrder& order);

}  // namespace cli
