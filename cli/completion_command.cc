// completion: what became of a signature that was to be longer later.

#include "base/file.h"
#include "cli/api_client.h"
#include "cli/verbs.h"

namespace cli {
namespace {

struct Options {
  std::string id;
  std::string out;
  std::string profile = "agency";
};

base::Result<base::Json> Fetch(const Common& common, const Options& options) {
  ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(Home::Find(common.home), options.profile));
  const std::string path = "/v1/completions/" + options.id;
  ASSIGN_OR_RETURN(const Answer answer,
                   api.Send({.method = "GET", .path = path, .headers = {{"Prefer", "wait=10"}}}));
  ASSIGN_OR_RETURN(const base::Json progress, answer.AsJson());
  const std::string state = progress.Text("state").value_or("");
  if (state == "waiting")
    return base::Error{base::ErrorCode::kUnavailable, "completion.waits",
                       progress.Text("waitingFor").value_or("")};
  if (const base::Json* problem = progress.Find("problem"))
    return base::Error{base::ErrorCode::kInvalidInput, problem->Text("code").value_or(""),
                       problem->Text("detail").value_or("")};
  ASSIGN_OR_RETURN(const Answer document, api.Send({.method = "GET", .path = path + "/document"}));
  RETURN_IF_ERROR(base::ReplaceFile(options.out, document.body, 0644));
  return base::Json()
      .Set("file", options.out)
      .Set("level", progress.Text("level").value_or(""))
      .Set("size", document.body.size());
}

}  // namespace

void AddCompletion(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("completion", "Fetch what `sign --later` has become");
  verb->add_option("id", options->id, "Id that `sign --later` printed")->required();
  verb->add_option("-o,--out", options->out, "The file to write")->required();
  verb->add_option("--profile", options->profile, "Entry of client.toml")->capture_default_str();
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto done = Fetch(common, *options);
    exit_code = done.ok() ? Done(common, done.value(),
                                 "now XAdES-BASELINE-" + done.value().Text("level").value_or("") +
                                     ": " + options->out)
                          : Fail(common, done.error());
  });
}

}  // namespace cli
