// sign: documents go to the service, a sealed .edoc comes back.

#include <filesystem>

#include "base/digest.h"
#include "base/file.h"
#include "cli/api_client.h"
#include "cli/documents.h"
#include "cli/verbs.h"

namespace cli {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string out;
  std::string key = "seal-p256";
  std::string level = "T";
  std::string algorithm;
  std::string profile = "agency";
};

base::Result<base::Json> Sign(const Common& common, const Options& options) {
  for (const std::string& file : options.files) {
    std::error_code ignored;
    if (std::filesystem::equivalent(file, options.out, ignored))
      return base::Error{base::ErrorCode::kInvalidInput, "sign.overwrites", options.out};
  }
  ASSIGN_OR_RETURN(base::Bytes container, PackDocuments(options.files));
  ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(Home::Find(common.home), options.profile));
  std::map<std::string, std::string> query{{"key", options.key}, {"level", options.level}};
  if (!options.algorithm.empty()) query["algorithm"] = options.algorithm;
  ASSIGN_OR_RETURN(const Answer answer,
                   api.Send({.method = "POST",
                             .path = "/v1/signatures",
                             .query = query,
                             .headers = {{"Content-Type", "application/vnd.etsi.asic-e+zip"}},
                             .body = std::move(container)}));
  RETURN_IF_ERROR(base::ReplaceFile(options.out, answer.body, 0644));
  base::Json json;
  json.Set("file", options.out);
  json.Set("size", answer.body.size());
  json.Set("sha256", base::HexEncode(base::Sha256(answer.body).bytes));
  json.Set("level", options.level);
  json.Set("key", options.key);
  return json;
}

}  // namespace

void AddSign(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("sign", "Seal one or several documents into an .edoc");
  verb->add_option("files", options->files, "Documents to sign")->required();
  verb->add_option("-o,--out", options->out, "The .edoc to write")->required();
  verb->add_option("--key", options->key, "Label of the sealing key")->capture_default_str();
  verb->add_option("--level", options->level, "B, T or LT")
      ->check(CLI::IsMember({"B", "T", "LT"}))
      ->capture_default_str();
  verb->add_option("--algorithm", options->algorithm,
                   "Instead of the one that goes with the key: rsa-pss-sha256");
  verb->add_option("--profile", options->profile, "Entry of client.toml")->capture_default_str();
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto done = Sign(common, *options);
    exit_code = done.ok() ? Done(common, done.value(),
                                 "sealed " + options->out + " (XAdES-BASELINE-" + options->level +
                                     ", key " + options->key + ")")
                          : Fail(common, done.error());
  });
}

}  // namespace cli
