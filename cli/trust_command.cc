// trust: keeps what verification trusts, and says how old it is.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/api_client.h"
#include "cli/home.h"
#include "cli/input_files.h"
#include "cli/trust_age.h"
#include "cli/trust_text.h"
#include "cli/verbs.h"
#include "trust/difference.h"
#include "trust/freshness.h"
#include "trust/import.h"
#include "trust/pem.h"
#include "trust/store.h"

namespace cli {
namespace {

using base::Json;

struct Options {
  std::string dir;
  std::vector<std::string> paths;
  std::string list_signer;
  std::string allow_older;
  std::string id;
  std::string other;
  std::string profile = "operator";
  bool unpin = false;
  int warn_days = 5;
  const Common* common = nullptr;

  trust::Store store() const {
    return trust::Store(dir.empty() ? Home::Find(common->home).path() : std::filesystem::path(dir));
  }
};

base::Time Now() {
  return base::SystemClock().Now();
}

base::Result<trust::Files> ReadFiles(const std::vector<std::string>& paths) {
  InputFiles inputs;
  for (const std::string& path : paths) RETURN_IF_ERROR(inputs.Add(path));
  trust::Files files;
  for (const InputFiles::File& file : inputs.files())
    files.push_back({file.name, base::Bytes(file.bytes.begin(), file.bytes.end())});
  return files;
}

base::Result<trust::Files> ReadListSigners(const Options& options) {
  trust::Files signers;
  if (options.list_signer.empty()) return signers;
  ASSIGN_OR_RETURN(const trust::Files files, ReadFiles({options.list_signer}));
  for (const trust::File& file : files)
    for (base::Bytes& certificate : trust::CertificatesIn(file.bytes))
      signers.push_back({file.name, std::move(certificate)});
  return signers;
}

// A snapshot with what its files say, read again behind the walls.
struct Described {
  trust::Snapshot snapshot;
  Json description;
};

base::Result<Described> DescribeStored(const Options& options, const std::string& word) {
  const trust::Store store = options.store();
  ASSIGN_OR_RETURN(const std::string id, store.Resolve(word));
  ASSIGN_OR_RETURN(trust::Snapshot snapshot, store.Read(id));
  ASSIGN_OR_RETURN(const trust::Files files, store.ReadFiles(snapshot));
  ASSIGN_OR_RETURN(Json description, trust::Describe(files, Now()));
  return Described{std::move(snapshot), std::move(description)};
}

base::Result<int> Import(const Options& options) {
  ASSIGN_OR_RETURN(const trust::Files files, ReadFiles(options.paths));
  ASSIGN_OR_RETURN(const trust::Files signers, ReadListSigners(options));
  ASSIGN_OR_RETURN(const trust::Imported imported,
                   trust::ImportFiles(options.store(), {.files = &files,
                                                        .list_signers = &signers,
                                                        .source = "files",
                                                        .allow_older = options.allow_older,
                                                        .now = Now()}));
  Json json = trust::SnapshotToJson(imported.snapshot);
  json.Set("description", imported.description);
  return Done(*options.common, json, TrustDescriptionText(imported.snapshot, imported.description));
}

base::Result<int> List(const Options& options) {
  const trust::Store store = options.store();
  ASSIGN_OR_RETURN(const auto all, store.List());
  ASSIGN_OR_RETURN(const auto pinned, store.Pinned());
  const auto current = store.Current();
  if (!current.ok() && current.error().code != base::ErrorCode::kNotFound) return current.error();
  Json list = Json::Array{};
  for (const trust::Snapshot& one : all) {
    Json item;
    item.Set("id", one.id);
    item.Set("created", base::FormatTime(one.created));
    item.Set("source", one.source);
    item.Set("members", one.members.size());
    item.Set("current", current.ok() && current.value() == one.id);
    item.Set("pinned", pinned == one.id);
    list.Push(std::move(item));
  }
  Json json;
  json.Set("snapshots", std::move(list));
  return Done(*options.common, json, TrustListText(json));
}

base::Result<int> Show(const Options& options) {
  ASSIGN_OR_RETURN(const Described shown, DescribeStored(options, options.id));
  Json json = trust::SnapshotToJson(shown.snapshot);
  json.Set("description", shown.description);
  return Done(*options.common, json, TrustDescriptionText(shown.snapshot, shown.description));
}

base::Result<int> Diff(const Options& options) {
  ASSIGN_OR_RETURN(const Described from, DescribeStored(options, options.id));
  ASSIGN_OR_RETURN(const Described to, DescribeStored(options, options.other));
  const Json difference = trust::Difference(from.description, to.description);
  return Done(*options.common, difference, TrustDifferenceText(difference));
}

base::Result<int> Pin(const Options& options) {
  const trust::Store store = options.store();
  if (options.unpin) {
    RETURN_IF_ERROR(store.Unpin(Now()));
  } else {
    ASSIGN_OR_RETURN(const std::string id, store.Resolve(options.id));
    RETURN_IF_ERROR(store.Pin(id, Now()));
  }
  ASSIGN_OR_RETURN(const std::string current, store.Current());
  Json json;
  json.Set("snapshot", current);
  json.Set("pinned", !options.unpin);
  return Done(*options.common, json, "in use: " + current);
}

base::Result<int> Age(const Options& options) {
  const auto age = AgeOfTrust(options.store(), Now(), std::chrono::days(options.warn_days));
  if (!age.ok() && age.error().reason == "trust.no-snapshot") {
    Fail(*options.common, age.error());
    return kExitUnavailable;
  }
  if (!age.ok()) return age.error();
  const Json& json = age.value();
  const std::string next = json.Text("nextExpiry").value_or("none");
  const std::string state = json.Text("state").value_or("");
  const int printed = Done(*options.common, json,
                           "snapshot " + json.Text("snapshot").value_or("") + "\n" +
                               std::to_string(json.Integer("ageDays").value_or(0)) +
                               " days old, next expiry " + next + "\n" + state);
  if (state == trust::NameOf(trust::Freshness::kExpiring))
    std::cerr << "edocvault: trust expires soon; import newer lists before " << next << '\n';
  return state == trust::NameOf(trust::Freshness::kExpired) ? kExitIndeterminate : printed;
}

// Has the running service get the lists that its configuration names.
base::Result<int> Fetch(const Options& options) {
  ASSIGN_OR_RETURN(const ApiClient api,
                   ApiClient::Open(Home::Find(options.common->home), options.profile));
  ASSIGN_OR_RETURN(const Answer answer, api.Send({.method = "POST", .path = "/v1/trust/fetch"}));
  ASSIGN_OR_RETURN(const Json json, answer.AsJson());
  return Done(*options.common, json, "imported " + json.Text("snapshot").value_or(""));
}

using Verb = base::Result<int> (*)(const Options&);

// Adds the verb's common parts; the caller adds its own options.
CLI::App* Add(CLI::App& trust, const char* name, const char* what, Verb run,
              const std::shared_ptr<Options>& options, Common& common, int& exit_code) {
  CLI::App* verb = trust.add_subcommand(name, what);
  verb->add_option("--dir", options->dir, "Folder that holds trust/; the home by default");
  AddCommonOptions(*verb, common);
  verb->callback([run, options, &exit_code] {
    const auto done = run(*options);
    exit_code = done.ok() ? done.value() : Fail(*options->common, done.error());
  });
  return verb;
}

}  // namespace

void AddTrust(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Options>();
  options->common = &common;
  CLI::App* trust = app.add_subcommand("trust", "Keep trust snapshots: what verification trusts");
  trust->require_subcommand(1);
  const auto add = [&](const char* name, const char* what, Verb run) {
    return Add(*trust, name, what, run, options, common, exit_code);
  };
  CLI::App* import = add("import", "Take lists and certificates into use", Import);
  import->add_option("PATH", options->paths, "Trusted list, certificate, or a folder of them")
      ->required();
  import->add_option("--lotl-signer", options->list_signer,
                     "Certificate that may sign the list of lists, or a folder of them; one that "
                     "signed none stays out");
  import->add_option("--allow-older", options->allow_older,
                     "Let older lists in; the reason goes on record");
  CLI::App* fetch = add("fetch", "Have the service get newer lists from their publishers", Fetch);
  fetch->remove_option(fetch->get_option("--dir"));  // The service knows its folder.
  fetch->add_option("--profile", options->profile, "Entry of client.toml")->capture_default_str();
  add("list", "All snapshots", List);
  constexpr const char* kWhich = "Id, its first eight digits, \"current\" or \"latest\"";
  add("show", "What is in a snapshot", Show)->add_option("ID", options->id, kWhich)->required();
  CLI::App* diff = add("diff", "What changed from A to B", Diff);
  diff->add_option("A", options->id, kWhich)->required();
  diff->add_option("B", options->other, kWhich)->required();
  CLI::App* pin = add("pin", "Stay with a snapshot whatever is imported", Pin);
  CLI::Option* id = pin->add_option("ID", options->id, kWhich);
  CLI::Option* unpin = pin->add_flag("--unpin", options->unpin, "The latest import comes into use");
  id->excludes(unpin);
  pin->callback([options, &exit_code] {
    if (options->id.empty() && !options->unpin) {
      std::cerr << "edocvault trust pin: ID or --unpin is required\n";
      exit_code = kExitUsage;
      return;
    }
    const auto done = Pin(*options);
    exit_code = done.ok() ? done.value() : Fail(*options->common, done.error());
  });
  add("age", "How old the trust in use is; exit code 2 when it expired, 6 without any", Age)
      ->add_option("--warn-days", options->warn_days, "Warn so many days before the next expiry")
      ->check(CLI::Range(0, 3650))
      ->capture_default_str();
}

}  // namespace cli
