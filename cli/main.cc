// edocvault: the command line.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <array>

#include "cli/verbs.h"

namespace {

// Every verb; each lives in a file of its own.
constexpr std::array kVerbs = {
    cli::AddInit,       cli::AddServe,  cli::AddSign,  cli::AddExtend,  cli::AddPrepare,
    cli::AddComplete,   cli::AddVerify, cli::AddStore, cli::AddGet,     cli::AddHistory,
    cli::AddReceipt,    cli::AddDoctor, cli::AddTrust, cli::AddApprove, cli::AddBatch,
    cli::AddCompletion, cli::AddKey,    cli::AddErase, cli::AddLog,     cli::AddAudit,
    cli::AddBackup,     cli::AddRestore};

}  // namespace

namespace cli {

void AddCommonOptions(CLI::App& verb, Common& common) {
  verb.add_option("--home", common.home,
                  "Folder of the appliance; $EDOCVAULT_HOME or ~/.edocvault");
  verb.add_flag("--json", common.json, "Answer as JSON");
  verb.add_option("--lang", common.language, "Language of messages: lv or en")
      ->check(CLI::IsMember({"lv", "en"}))
      ->capture_default_str();
}

}  // namespace cli

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);  // A service that hangs up is an error value, not a death.
  CLI::App app{"edocvault: sign, keep and verify documents of public bodies"};
  app.require_subcommand(1);
  cli::Common common;
  int exit_code = cli::kExitUsage;
  for (const auto add : kVerbs) add(app, common, exit_code);
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
