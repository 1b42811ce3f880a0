// restore: makes a new data folder of a backup, as the beginning of a new log
// (docs/reliability.md). Offline; the service starts on it afterwards.
#include <filesystem>
#include <memory>
#include <string>

// Before toml.hpp: errors as values, like everywhere else.
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "base/file.h"
#include "cli/backup_text.h"
#include "cli/home.h"
#include "cli/id_list.h"
#include "cli/verbs.h"
#include "vault/recovery.h"

namespace cli {
namespace {

using base::Json;

constexpr std::size_t kMaxText = std::size_t{1} << 20U;

struct Options {
  std::string from;
  std::string erased;
  std::string checkpoint;
  std::string key;
};

// What the service's configuration says of the vault that is to be.
struct NewVault {
  std::filesystem::path data;
  std::string origin;
};

base::Result<NewVault> ReadNewVault(const Home& home) {
  const base::Error malformed{base::ErrorCode::kInvalidInput, "config.malformed",
                              home.daemon_config().string() + ": data or log_origin is missing"};
  ASSIGN_OR_RETURN(const base::Bytes text, base::ReadFile(home.daemon_config(), kMaxText));
  const toml::parse_result parsed = toml::parse(base::AsText(text));
  if (!parsed) return malformed;
  const auto data = parsed.table()["vault"]["data"].value<std::string>();
  const auto origin = parsed.table()["hsm"]["log_origin"].value<std::string>();
  if (!data || !origin || data->empty()) return malformed;
  const std::filesystem::path folder =
      std::filesystem::absolute(home.daemon_config()).parent_path();
  std::filesystem::path path = (folder / *data).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // "data/"
  return NewVault{std::move(path), *origin};
}

base::Result<Json> Restore(const Common& common, const Options& options) {
  const Home home = Home::Find(common.home);
  ASSIGN_OR_RETURN(const NewVault vault, ReadNewVault(home));
  const std::filesystem::path key_file =
      options.key.empty() ? home.verifier_key() : std::filesystem::path(options.key);
  ASSIGN_OR_RETURN(const base::Bytes key, base::ReadFile(key_file, kMaxText));
  vault::RecoveryOrder order{.from = options.from,
                             .data = vault.data,
                             .verifier_key = std::string(FirstLine(base::AsText(key))),
                             .origin = vault.origin,
                             .checkpoint = std::nullopt,
                             .erased = {},
                             .now = base::SystemClock().Now()};
  if (!options.checkpoint.empty()) {
    ASSIGN_OR_RETURN(const base::Bytes note, base::ReadFile(options.checkpoint, kMaxText));
    order.checkpoint = base::ToString(note);
  }
  ASSIGN_OR_RETURN(order.erased, ReadIds(options.erased));
  ASSIGN_OR_RETURN(const vault::Recovered recovered, vault::Recover(order));
  return Json()
      .Set("backup", ToJson(recovered.backup))
      .Set("data", vault.data.string())
      .Set("origin", vault.origin)
      .Set("lostFrom", static_cast<std::int64_t>(recovered.lost_from))
      .Set("lostTo", static_cast<std::int64_t>(recovered.lost_to))
      .Set("erased", static_cast<std::int64_t>(recovered.erased))
      .Set("erasedUnknown", static_cast<std::int64_t>(recovered.erased_unknown));
}

std::string ToText(const Json& json) {
  const auto number = [&json](std::string_view name) { return json.Integer(name).value_or(0); };
  const std::string lost = number("lostFrom") == number("lostTo")
                               ? "no entry is known to be lost"
                               : "lost: entries " + std::to_string(number("lostFrom")) + " to " +
                                     std::to_string(number("lostTo") - 1) + " of the old log";
  return json.Text("data").value_or("") + " is the beginning of the log " +
         json.Text("origin").value_or("") + "\n" + lost +
         "\nrecords not brought back: " + std::to_string(number("erased")) +
         "\nkeep the old verifier key for old receipts; the service gives the new one at "
         "/v1/log/key";
}

}  // namespace

void AddRestore(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      app.add_subcommand("restore", "Make a new data folder of a backup: a new log begins");
  verb->add_option("--from", options->from, "Folder with the backups")->required();
  verb->add_option("--erased", options->erased,
                   "File with the ids of all records erased after the backup, one a line; it may "
                   "be empty, but somebody has to say so")
      ->required();
  verb->add_option("--checkpoint", options->checkpoint,
                   "The newest signed checkpoint of the old log that anybody has");
  verb->add_option("--key", options->key, "File with the old log's verifier key");
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto done = Restore(common, *options);
    exit_code =
        done.ok() ? Done(common, done.value(), ToText(done.value())) : Fail(common, done.error());
  });
}

}  // namespace cli
