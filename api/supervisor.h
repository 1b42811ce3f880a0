// Supervisor: starts the roles as processes of the same binary, joins them by doors, and
// starts again whoever dies. It holds no key, opens no document and no connection.
#pragma once

#include <filesystem>

#include "api/config.h"
#include "base/result.h"

namespace api {

// `config` is what stands in the file. Runs until SIGTERM or SIGINT, then stops the roles, the
// front first. kUnavailable "channel.role-down" when no doors can be made.
base::Status Supervise(const std::filesystem::path& config_file, const Config& config);

}  // namespace api
