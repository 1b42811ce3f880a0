// extend: a signature, anybody's, gets what proves it for longer.

#include <filesystem>

#include "base/digest.h"
#include "base/file.h"
#include "cli/api_client.h"
#include "cli/documents.h"
#include "cli/verbs.h"
#include "signing/container_writer.h"

namespace cli {
namespace {

struct Options {
  std::string file;
  std::string out;
  std::string level = "LTA";
  std::string signature_file;
  std::string id;
  std::string profile = "agency";
};

base::Result<base::Json> Extend(const Common& common, const Options& options) {
  std::error_code ignored;
  if (std::filesystem::equivalent(options.file, options.out, ignored))
    return base::Error{base::ErrorCode::kInvalidInput, "sign.overwrites", options.out};
  ASSIGN_OR_RETURN(base::Bytes document, ReadDocument(options.file));
  ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(Home::Find(common.home), options.profile));
  Call call{.method = "POST",
            .path = "/v1/signatures/extend",
            .query = {{"level", options.level}},
            .headers = {{"Content-Type", signing::MediaTypeOf(options.file)}},
            .body = std::move(document)};
  if (!options.id.empty()) call.query["id"] = options.id;
  if (!options.signature_file.empty()) call.query["file"] = options.signature_file;
  ASSIGN_OR_RETURN(const Answer answer, api.Send(call));
  RETURN_IF_ERROR(base::ReplaceFile(options.out, answer.body, 0644));
  base::Json json;
  json.Set("file", options.out);
  json.Set("size", answer.body.size());
  json.Set("sha256", base::HexEncode(base::Sha256(answer.body).bytes));
  json.Set("level", options.level);
  return json;
}

}  // namespace

void AddExtend(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("extend", "Give a signature what proves it for longer");
  verb->add_option("file", options->file, "A container, or XML; anybody's")->required();
  verb->add_option("-o,--out", options->out, "The file to write")->required();
  verb->add_option("--level", options->level, "T, LT or LTA; LTA can be repeated")
      ->check(CLI::IsMember({"T", "LT", "LTA"}))
      ->capture_default_str();
  verb->add_option("--id", options->id, "Id of the signature, where there are several");
  verb->add_option("--file", options->signature_file,
                   "Its file in the container, for one Id twice");
  verb->add_option("--profile", options->profile, "Entry of client.toml")->capture_default_str();
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto done = Extend(common, *options);
    exit_code = done.ok()
                    ? Done(common, done.value(),
                           "extended to XAdES-BASELINE-" + options->level + ": " + options->out)
                    : Fail(common, done.error());
  });
}

}  // namespace cli
