// edocvault verify: checks the signatures of one document, behind the walls.
#pragma once

#include <CLI/CLI.hpp>

namespace cli {

// Adds the verb. When it is called, `exit_code` receives the exit code of the command.
void AddVerifyCommand(CLI::App& app, int& exit_code);

}  // namespace cli
