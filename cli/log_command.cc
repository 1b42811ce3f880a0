// log: what the service shows of its log: how it stands, that it only grew, and all of it as the
// static files of C2SP tlog-tiles, for whoever verifies with tools of that format.
#include <filesystem>

#include "base/file.h"
#include "base/utf8.h"
#include "cli/api_client.h"
#include "cli/verbs.h"
#include "vault/tile.h"
#include "vault/witnessing.h"

namespace cli {
namespace {

namespace fs = std::filesystem;

struct ProofOptions {
  std::string first;
  std::string second;
  std::string profile = "agency";
};

struct ExportOptions {
  std::string folder;
  std::string profile = "auditor";
};

base::Result<base::Json> GetJson(const Common& common, const std::string& profile,
                                 const Call& call) {
  ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(Home::Find(common.home), profile));
  ASSIGN_OR_RETURN(const Answer answer, api.Send(call));
  return answer.AsJson();
}

base::Status Save(const fs::path& file, base::ByteSpan bytes) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  return base::ReplaceFile(file, bytes, 0644);
}

// Full tiles do not change: those that are there already are not fetched again.
base::Status SaveTile(const ApiClient& api, const fs::path& folder, const std::string& path,
                      bool is_full) {
  std::error_code error;
  const fs::path file = folder / "tile" / path;
  if (is_full && fs::exists(file, error)) return base::Ok();
  ASSIGN_OR_RETURN(const Answer answer, api.Send({.path = "/v1/log/tile/" + path}));
  return Save(file, answer.body);
}

base::Status SaveRow(const ApiClient& api, const fs::path& folder, unsigned level,
                     std::uint64_t size) {
  const vault::TileRow row = vault::TileRowOf(level, size);
  for (std::uint64_t index = 0; index <= row.full; ++index) {
    const std::uint64_t width = index < row.full ? vault::kTileWidth : row.partial;
    if (width == 0) break;
    const vault::Tile tile{level, index, width};
    const bool is_full = width == vault::kTileWidth;
    RETURN_IF_ERROR(SaveTile(api, folder, vault::TilePath(tile), is_full));
    if (level == 0) RETURN_IF_ERROR(SaveTile(api, folder, vault::TilePath(tile, true), is_full));
  }
  return base::Ok();
}

// The checkpoint last: it says that the tiles below it are there.
base::Result<base::Json> Export(const Common& common, const ExportOptions& options) {
  ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(Home::Find(common.home), options.profile));
  ASSIGN_OR_RETURN(const Answer checkpoint, api.Send({.path = "/v1/log/checkpoint"}));
  const std::string note = base::ToString(checkpoint.body);
  const std::string origin = note.substr(0, note.find('\n'));
  ASSIGN_OR_RETURN(const vault::TreeHead head, vault::NotedHead(note, origin));
  for (unsigned level = 0; head.size >> (vault::kTileHeight * level) > 0; ++level)
    RETURN_IF_ERROR(SaveRow(api, options.folder, level, head.size));
  RETURN_IF_ERROR(Save(fs::path(options.folder) / "checkpoint", checkpoint.body));
  base::Json json;
  json.Set("folder", options.folder);
  json.Set("origin", origin);
  json.Set("entries", static_cast<std::int64_t>(head.size));
  return json;
}

std::string ProofText(const base::Json& json) {
  std::string text;
  const base::Json* hashes = json.Find("consistency");
  if (hashes != nullptr && hashes->AsArray() != nullptr)
    for (const base::Json& hash : *hashes->AsArray())
      text += base::WithoutSteering(hash.AsString() != nullptr ? *hash.AsString() : "") + "\n";
  if (!text.empty()) text.pop_back();
  return text;
}

void AddStatus(CLI::App& group, Common& common, int& exit_code) {
  auto profile = std::make_shared<std::string>("agency");
  CLI::App* verb =
      group.add_subcommand("status", "Witnesses, time-stamps and the scrub, as they stand");
  verb->add_option("--profile", *profile, "Entry of client.toml")->capture_default_str();
  AddCommonOptions(*verb, common);
  verb->callback([profile, &common, &exit_code] {
    const auto done = GetJson(common, *profile, {.path = "/v1/log/status"});
    exit_code = done.ok()
                    ? Done(common, done.value(), base::WithoutSteering(done.value().DumpIndented()))
                    : Fail(common, done.error());
  });
}

void AddProof(CLI::App& group, Common& common, int& exit_code) {
  auto options = std::make_shared<ProofOptions>();
  CLI::App* verb =
      group.add_subcommand("proof", "That the log of SECOND entries was grown from that of FIRST");
  verb->add_option("first", options->first, "Size of the older log")->required();
  verb->add_option("second", options->second, "Size of the newer one")->required();
  verb->add_option("--profile", options->profile, "Entry of client.toml")->capture_default_str();
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto done = GetJson(common, options->profile,
                              {.path = "/v1/log/proof",
                               .query = {{"first", options->first}, {"second", options->second}}});
    exit_code = done.ok() ? Done(common, done.value(), ProofText(done.value()))
                          : Fail(common, done.error());
  });
}

void AddExport(CLI::App& group, Common& common, int& exit_code) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* verb = group.add_subcommand("export", "Write the log as files of C2SP tlog-tiles");
  verb->add_option("folder", options->folder, "Where; what is there already is gone on with")
      ->required();
  verb->add_option("--profile", options->profile, "Entry of client.toml")->capture_default_str();
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto done = Export(common, *options);
    exit_code = done.ok() ? Done(common, done.value(), "wrote " + options->folder)
                          : Fail(common, done.error());
  });
}

}  // namespace

void AddLog(CLI::App& app, Common& common, int& exit_code) {
  CLI::App* group = app.add_subcommand("log", "The log that proves what the vault took");
  group->require_subcommand(1);
  AddStatus(*group, common, exit_code);
  AddProof(*group, common, exit_code);
  AddExport(*group, common, exit_code);
}

}  // namespace cli
