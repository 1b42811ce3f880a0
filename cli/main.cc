// edocvault: the command line.
#include <CLI/CLI.hpp>
#include <array>

#include "cli/exit_codes.h"
#include "cli/verify_command.h"

namespace {

// Every verb; each lives in a file of its own.
constexpr std::array kVerbs = {cli::AddVerifyCommand};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"edocvault: sign, keep and verify documents of public bodies"};
  app.require_subcommand(1);
  int exit_code = cli::kExitUsage;
  for (const auto add : kVerbs) add(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help
    return app.exit(request);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return cli::kExitUsage;
  }
  return exit_code;
}
