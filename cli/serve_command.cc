// serve: runs the service in the foreground, with the emulator in a development appliance.
#include <signal.h>

#include <chrono>
#include <iostream>

#include "base/file.h"
#include "cli/api_client.h"
#include "cli/dev_files.h"
#include "cli/role_process.h"
#include "cli/verbs.h"
#include "emulator/emulator.h"

namespace cli {
namespace {

constexpr std::chrono::seconds kStartPatience{20};
// Lists may be out of reach for long: the service runs without them, and is not ready.
constexpr std::chrono::seconds kTrustPatience{5};

void BlockSignals(sigset_t& signals) {
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

// True when one of the signals came within `time`.
bool SignalWithin(const sigset_t& signals, std::chrono::milliseconds time) {
  const timespec wait{time.count() / 1000, (time.count() % 1000) * 1'000'000};
  return sigtimedwait(&signals, nullptr, &wait) > 0;
}

base::Error Ended(int status) {
  return {base::ErrorCode::kUnavailable, "server.ended",
          "edocvaultd ended with status " + std::to_string(status) + "; its log says why"};
}

// Ok when the service answers, and when all it lacks is trust, which is said once; "server.stopped"
// when a signal came first.
base::Status WaitUntilReady(const ApiClient& api, RoleProcess& service, const sigset_t& signals) {
  const auto start = std::chrono::steady_clock::now();
  while (true) {
    const auto ready = api.Send({.path = "/health/ready"});
    if (ready.ok()) return base::Ok();
    if (const auto status = service.Ended()) return Ended(*status);
    const bool trust_alone = ready.error().reason.starts_with("trust.");
    const auto patience = trust_alone ? kTrustPatience : kStartPatience;
    const bool too_long = std::chrono::steady_clock::now() > start + patience;
    if (too_long && trust_alone) {
      std::cerr << "edocvault: not ready, but serving: "
                << base::TextOf(ready.error().reason, base::Language::kEnglish) << '\n';
      return base::Ok();
    }
    if (too_long) return ready.error();
    if (SignalWithin(signals, std::chrono::milliseconds(100)))
      return base::Error{base::ErrorCode::kUnavailable, "server.stopped", "stopped while starting"};
  }
}

// Knows the log of this appliance alone.
base::Result<std::unique_ptr<emulator::Witness>> OpenWitness(const Home& home) {
  constexpr std::size_t kMaxKey = 4096;
  ASSIGN_OR_RETURN(const base::Bytes key, base::ReadFile(home.verifier_key(), kMaxKey));
  std::string log = base::ToString(key);
  if (log.ends_with('\n')) log.pop_back();
  return emulator::Witness::Open(home.witness(), kDevWitness, {log});
}

base::Status Serve(const Common& common) {
  sigset_t signals;
  BlockSignals(signals);
  const Home home = Home::Find(common.home);
  ASSIGN_OR_RETURN(const ClientConfig config, ReadClientConfig(home));
  ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(home, "agency"));

  const base::SystemClock clock;
  std::unique_ptr<emulator::TestAuthority> authority;
  std::unique_ptr<emulator::Witness> witness;
  std::unique_ptr<emulator::Emulator> emulator;
  if (config.emulator_port != 0) {
    ASSIGN_OR_RETURN(authority, emulator::TestAuthority::Open(
                                    {.folder = home.authority(), .ocsp_url = ""}, clock));
    ASSIGN_OR_RETURN(witness, OpenWitness(home));
    ASSIGN_OR_RETURN(emulator,
                     emulator::Emulator::Start(*authority, config.emulator_port, witness.get()));
  }
  ASSIGN_OR_RETURN(RoleProcess service,
                   RoleProcess::StartService(home.daemon_config(), home.log()));
  RETURN_IF_ERROR(WaitUntilReady(api, service, signals));
  std::cout << "ready: " << config.server << std::endl;  // Flushed: others wait for this line.
  while (!SignalWithin(signals, std::chrono::milliseconds(500))) {
    if (const auto status = service.Ended()) return Ended(*status);
  }
  return base::Ok();
}

}  // namespace

void AddServe(CLI::App& app, Common& common, int& exit_code) {
  CLI::App* verb = app.add_subcommand("serve", "Run the service until it is interrupted");
  AddCommonOptions(*verb, common);
  verb->callback([&common, &exit_code] {
    const base::Status done = Serve(common);
    exit_code = done.ok() ? kExitDone : Fail(common, done.error());
  });
}

}  // namespace cli
