// backup: has the service make a backup now, or checks one offline with nothing but the vault's
// verifier key. Where backups go only the service's configuration says.
#include <memory>
#include <string>

#include "base/file.h"
#include "cli/api_client.h"
#include "cli/backup_text.h"
#include "cli/verbs.h"

namespace cli {
namespace {

using base::Json;

constexpr std::size_t kMaxText = std::size_t{64} << 10U;

struct Options {
  std::string verify_only;
  std::string key;
  std::string checkpoint;
  std::string profile = "operator";
};

base::Result<Json> Make(const Common& common, const Options& options) {
  ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(Home::Find(common.home), options.profile));
  ASSIGN_OR_RETURN(const Answer asked, api.Send({.method = "POST", .path = "/v1/backups"}));
  ASSIGN_OR_RETURN(const Json run, asked.AsJson());
  const std::string path = "/v1/backups/" + std::to_string(run.Integer("run").value_or(0));
  while (true) {
    ASSIGN_OR_RETURN(const Answer answer,
                     api.Send({.path = path, .headers = {{"Prefer", "wait=10"}}}));
    ASSIGN_OR_RETURN(Json outcome, answer.AsJson());
    if (outcome.Text("state") == "done") return outcome;
  }
}

base::Result<Json> Verify(const Common& common, const Options& options) {
  const std::filesystem::path key_file = options.key.empty()
                                             ? Home::Find(common.home).verifier_key()
                                             : std::filesystem::path(options.key);
  ASSIGN_OR_RETURN(const base::Bytes key, base::ReadFile(key_file, kMaxText));
  vault::BackupCheck check{.verifier_key = FirstLine(base::AsText(key))};
  base::Bytes checkpoint;
  if (!options.checkpoint.empty()) {
    ASSIGN_OR_RETURN(checkpoint, base::ReadFile(options.checkpoint, kMaxText));
    check.known_checkpoint = base::AsText(checkpoint);
  }
  ASSIGN_OR_RETURN(const vault::BackupSummary found,
                   vault::ReadBackup(options.verify_only, check, nullptr));
  return ToJson(found);
}

std::string ToText(const Json& json) {
  const auto number = [&json](std::string_view name) {
    return std::to_string(json.Integer(name).value_or(0));
  };
  if (json.Find("state") == nullptr)
    return "backup " + number("number") + " of " + json.Text("madeAt").value_or("") +
           " is whole: " + number("entries") + " entries of " + json.Text("origin").value_or("") +
           ", " + number("documents") + " documents of " + number("documentBytes") + " bytes";
  const Json* const nothing_new = json.Find("nothingNew");
  if (nothing_new != nullptr && *nothing_new == Json(true))
    return "backup " + number("number") + " holds everything already";
  return "backup " + number("number") + ": entries " + number("from") + " to " + number("to") +
         ", " + number("documents") + " documents, " + number("bytes") + " bytes";
}

}  // namespace

void AddBackup(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("backup", "Have the service make a backup, or check one");
  verb->add_option("--verify-only", options->verify_only,
                   "Check the backups in this folder, offline");
  verb->add_option("--key", options->key, "With --verify-only: file with the vault's verifier key");
  verb->add_option("--checkpoint", options->checkpoint,
                   "With --verify-only: a signed checkpoint; the backup must not be older");
  verb->add_option("--profile", options->profile, "Who asks, of client.toml")
      ->capture_default_str();
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto done =
        options->verify_only.empty() ? Make(common, *options) : Verify(common, *options);
    exit_code =
        done.ok() ? Done(common, done.value(), ToText(done.value())) : Fail(common, done.error());
  });
}

}  // namespace cli
