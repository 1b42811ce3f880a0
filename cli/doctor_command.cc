// doctor: looks at an appliance from outside and says what to do about what is wrong.
//
// A warning is no failure: it leaves the exit code as it is.
#include <sys/statvfs.h>

#include <array>
#include <vector>

#include "base/file.h"
#include "cli/api_client.h"
#include "cli/role_process.h"
#include "cli/trust_age.h"
#include "cli/trust_health.h"
#include "cli/verbs.h"
#include "hsm/keyholder.h"
#include "trust/freshness.h"

namespace cli {
namespace {

constexpr std::uint64_t kLeastFreeBytes = std::uint64_t{1} << 30U;

struct Finding {
  std::string check;
  base::Status outcome = base::Ok();
  std::string fix;  // What to do when it failed or there are warnings.
  std::string summary{};
  std::vector<std::string> warnings{};  // Reasons that are no failure.
};

base::Status CheckConfig(const Home& home) {
  const auto config = ReadClientConfig(home);
  if (!config.ok()) return config.error();
  const auto daemon = base::ReadFile(home.daemon_config(), std::size_t{1} << 20U);
  if (!daemon.ok()) return daemon.error();
  return base::Ok();
}

// Secrets of the folder must be readable by their owner only.
base::Status CheckPermissions(const Home& home) {
  std::error_code error;
  const auto mode = std::filesystem::status(home.path(), error).permissions();
  const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  if (error || (mode & others) != std::filesystem::perms::none)
    return base::Error{base::ErrorCode::kDenied, "home.open-to-others",
                       home.path().string() + " is not private"};
  return base::Ok();
}

base::Status CheckDisk(const Home& home) {
  struct statvfs info {};
  if (::statvfs((home.path() / "data").c_str(), &info) != 0 ||
      info.f_bavail * info.f_frsize < kLeastFreeBytes)
    return base::Error{base::ErrorCode::kUnavailable, "disk.low", "less than 1 GiB is free"};
  return base::Ok();
}

constexpr const char* kTokenFix =
    "check module, token and PIN file in edocvaultd.toml; a refused PIN is tried again only after "
    "the PIN file was changed";

// Of the running service. It may be ready, and yet have something to say of its token.
Finding ExamineTokenInUse(const Home& home) {
  const auto answer = [&]() -> base::Result<base::Json> {
    ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(home, "agency"));
    ASSIGN_OR_RETURN(const Answer ready, api.Send({.path = "/health/ready"}));
    return ready.AsJson();
  }();
  // Readiness asks the token first: who complains of trust has found the token well.
  if (!answer.ok() && !answer.error().reason.starts_with("trust."))
    return {"token", answer.error(), kTokenFix};
  const auto warning = answer.ok() ? answer.value().Text("warning") : std::nullopt;
  if (!warning) return {"token", base::Ok(), kTokenFix};
  if (*warning == "backup.failing")
    return {"backup",
            base::Ok(),
            "the service's log says why: docs/reliability.md; what is stored meanwhile is on one "
            "volume only",
            "",
            {*warning}};
  return {"token",
          base::Ok(),
          *warning == "token.other-away"
              ? "mend that token; the log of its keyholder says which: docs/hsm.md, Several tokens"
              : "mend the first token; going back to it: docs/hsm.md, Failover",
          "",
          {*warning}};
}

// Through a keyholder of our own.
base::Status CheckToken(const Home& home) {
  ASSIGN_OR_RETURN(RoleProcess provisioner,
                   RoleProcess::StartRole(home.daemon_config(), "provisioner", home.log()));
  hsm::KeyholderClient token{base::ChannelClient(provisioner.TakeDoor())};
  const auto facts = token.Describe();
  if (!facts.ok()) return facts.error();
  return base::Ok();
}

base::Status CheckService(const Home& home) {
  ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(home, "agency"));
  const auto live = api.Send({.path = "/health/live"});
  if (!live.ok()) return live.error();
  return base::Ok();
}

// That of the running service; otherwise of the store in the home, by which verify goes.
base::Result<base::Json> ReadTrust(const Home& home, bool service_runs) {
  if (service_runs) {
    ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(home, "agency"));
    ASSIGN_OR_RETURN(const Answer answer, api.Send({.path = "/v1/trust"}));
    return answer.AsJson();
  }
  auto age =
      AgeOfTrust(trust::Store(home.path()), base::SystemClock().Now(), trust::Limits{}.warn_before);
  if (age.ok() || age.error().reason != "trust.no-snapshot") return age;
  base::Json none;
  none.Set("state", "none");
  return none;
}

Finding ExamineTrust(const Home& home, bool service_runs) {
  const auto status = ReadTrust(home, service_runs);
  if (!status.ok()) return {"trust", status.error(), "edocvault trust list; see docs/trust.md"};
  TrustHealth health = TrustHealthOf(status.value());
  return {"trust", std::move(health.outcome), std::move(health.fix), std::move(health.summary),
          std::move(health.warnings)};
}

std::vector<Finding> Examine(const Home& home) {
  std::vector<Finding> findings;
  findings.push_back({"configuration", CheckConfig(home), "edocvault init --dev"});
  if (!findings.back().outcome.ok()) {
    // Who only verifies has no appliance, but perhaps trust.
    findings.push_back(ExamineTrust(home, false));
    return findings;
  }
  findings.push_back({"permissions", CheckPermissions(home), "chmod 700 " + home.path().string()});
  findings.push_back({"disk", CheckDisk(home), "free space, or move the data folder"});
  findings.push_back({"service", CheckService(home), "edocvault serve"});
  const bool runs = findings.back().outcome.ok();
  findings.push_back(runs ? ExamineTokenInUse(home)
                          : Finding{"token", CheckToken(home), kTokenFix});
  findings.push_back(ExamineTrust(home, runs));
  return findings;
}

base::Json WarningsToJson(const Finding& finding, base::Language language) {
  base::Json::Array warnings;
  for (const std::string& reason : finding.warnings) {
    base::Json warning;
    warning.Set("code", reason);
    warning.Set("message", base::TextOf(reason, language));
    warnings.push_back(std::move(warning));
  }
  return warnings;
}

base::Json ToJson(const std::vector<Finding>& findings, base::Language language) {
  base::Json::Array checks;
  bool healthy = true;
  for (const Finding& finding : findings) {
    base::Json check;
    check.Set("check", finding.check);
    check.Set("ok", finding.outcome.ok());
    if (!finding.outcome.ok()) {
      healthy = false;
      check.Set("code", finding.outcome.error().reason);
      check.Set("message", base::TextOf(finding.outcome.error().reason, language));
      check.Set("detail", finding.outcome.error().message);
    }
    if (!finding.summary.empty()) check.Set("summary", finding.summary);
    if (!finding.warnings.empty()) check.Set("warnings", WarningsToJson(finding, language));
    if (!finding.outcome.ok() || !finding.warnings.empty()) check.Set("fix", finding.fix);
    checks.push_back(std::move(check));
  }
  base::Json json;
  json.Set("healthy", healthy);
  json.Set("checks", std::move(checks));
  return json;
}

std::string Lines(const Finding& finding, base::Language language) {
  const auto sentence = [&](const std::string& reason) {
    return std::string(base::TextOf(reason, language)) + "\n      (" + reason;
  };
  if (!finding.outcome.ok())
    return "FAIL  " + finding.check + ": " + sentence(finding.outcome.error().reason) + ": " +
           finding.outcome.error().message + ")\n      fix: " + finding.fix + "\n";
  const std::string head =
      finding.check + (finding.summary.empty() ? "" : ": " + finding.summary) + "\n";
  if (finding.warnings.empty()) return "ok    " + head;
  std::string text = "warn  " + head;
  for (const std::string& reason : finding.warnings) text += "      " + sentence(reason) + ")\n";
  return text + "      fix: " + finding.fix + "\n";
}

std::string ToText(const std::vector<Finding>& findings, base::Language language) {
  std::string text;
  for (const Finding& finding : findings) text += Lines(finding, language);
  text.pop_back();
  return text;
}

}  // namespace

void AddDoctor(CLI::App& app, Common& common, int& exit_code) {
  CLI::App* verb = app.add_subcommand("doctor", "Find out what is wrong and what to do about it");
  AddCommonOptions(*verb, common);
  verb->callback([&common, &exit_code] {
    const std::vector<Finding> findings = Examine(Home::Find(common.home));
    Done(common, ToJson(findings, common.lang()), ToText(findings, common.lang()));
    exit_code = kExitDone;
    for (const Finding& finding : findings) {
      if (!finding.outcome.ok() && exit_code == kExitDone)
        exit_code = ExitCodeOf(finding.outcome.error().code);
    }
  });
}

}  // namespace cli
