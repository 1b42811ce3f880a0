// sign: documents go to the service, a signature comes back: in a container, or as XML.

#include <filesystem>

#include "base/digest.h"
#include "base/file.h"
#include "cli/api_client.h"
#include "cli/copy_options.h"
#include "cli/documents.h"
#include "cli/large_documents.h"
#include "cli/signing_options.h"
#include "cli/verbs.h"
#include "signing/container_writer.h"
#include "signing/xades_writer.h"

namespace cli {
namespace {

constexpr const char* kDigests = "application/vnd.edocvault.digests+json";

struct Options {
  std::vector<std::string> files;
  std::string out;
  std::string key = "seal-p256";
  std::string form = "container";
  bool add = false;
  std::string countersign;
  SigningOptions signing;
  CopyOptions copy;
  bool later = false;
  std::string profile = "agency";
};

base::Error BadUse(std::string what) {
  return {base::ErrorCode::kInvalidInput, "sign.bad-form", std::move(what)};
}

base::Result<Call> CallFor(const Options& options) {
  Call call{.method = "POST",
            .path = "/v1/signatures",
            .query = {{"key", options.key}, {"form", options.form}},
            .headers = {},
            .body = {}};
  AddToQuery(options.signing, call.query);
  RETURN_IF_ERROR(AddToHeaders(options.signing, call.headers));
  std::string& type = call.headers["Content-Type"];
  if (!options.countersign.empty()) {
    call.query["form"] = "counter";
    call.query["id"] = options.countersign;
  }
  if (options.copy.is_copy() && (options.add || options.form != "container"))
    return BadUse("a copy is one scan, in a container of ours");
  const bool one = options.add || options.copy.is_copy() || !options.countersign.empty() ||
                   (options.form != "container" && options.form != "detached");
  if (one && options.files.size() != 1) return BadUse("one file, not several");
  if (options.form == "detached") {
    type = kDigests;
    ASSIGN_OR_RETURN(const LargeDocuments documents, LargeDocuments::Open(options.files));
    call.body = documents.Digests();
  } else if (one) {
    type = options.add ? std::string(signing::kAsicMediaType)
                       : signing::MediaTypeOf(options.files.front());
    ASSIGN_OR_RETURN(call.body, ReadDocument(options.files.front()));
    const std::string name = std::filesystem::path(options.files.front()).filename().string();
    call.headers["Content-Disposition"] =
        "attachment; filename*=UTF-8''" + signing::PercentEncodePath(name);
    AddToQuery(options.copy, call.query);
  } else {
    type = signing::kAsicMediaType;
    ASSIGN_OR_RETURN(call.body, PackDocuments(options.files));
  }
  return call;
}

bool StaysHere(const Options& options) {
  return options.form == "container" && !options.add && options.countersign.empty() &&
         !options.copy.is_copy() && AreLarge(options.files);
}

base::Result<base::Json> SignLarge(const Common& common, const Options& options) {
  std::error_code ignored;
  if (std::filesystem::exists(options.out, ignored))
    return base::Error{base::ErrorCode::kConflict, "bundle.exists", options.out};
  ASSIGN_OR_RETURN(const LargeDocuments documents, LargeDocuments::Open(options.files));
  Call call{.method = "POST",
            .path = "/v1/signatures",
            .query = {{"key", options.key}, {"form", options.form}},
            .headers = {{"Content-Type", kDigests}},
            .body = documents.Digests()};
  AddToQuery(options.signing, call.query);
  RETURN_IF_ERROR(AddToHeaders(options.signing, call.headers));
  ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(Home::Find(common.home), options.profile));
  ASSIGN_OR_RETURN(const Answer answer, api.Send(call));
  RETURN_IF_ERROR(documents.Write(options.out, base::ToString(answer.body)));
  return base::Json()
      .Set("file", options.out)
      .Set("size", static_cast<std::int64_t>(std::filesystem::file_size(options.out, ignored)))
      .Set("level", options.signing.level)
      .Set("key", options.key);
}

// Level B now; `completion` fetches what becomes of it.
base::Result<base::Json> SignForLater(const ApiClient& api, Call call, const Options& options) {
  call.query["later"] = "true";
  ASSIGN_OR_RETURN(const Answer answer, api.Send(call));
  ASSIGN_OR_RETURN(const base::Json progress, answer.AsJson());
  const std::string id = progress.Text("id").value_or("");
  ASSIGN_OR_RETURN(const Answer document,
                   api.Send({.method = "GET", .path = "/v1/completions/" + id + "/document"}));
  RETURN_IF_ERROR(base::ReplaceFile(options.out, document.body, 0644));
  return base::Json()
      .Set("file", options.out)
      .Set("completion", id)
      .Set("level", options.signing.level)
      .Set("key", options.key);
}

base::Result<base::Json> Sign(const Common& common, const Options& options) {
  for (const std::string& file : options.files) {
    std::error_code ignored;
    if (std::filesystem::equivalent(file, options.out, ignored))
      return base::Error{base::ErrorCode::kInvalidInput, "sign.overwrites", options.out};
  }
  if (StaysHere(options)) return SignLarge(common, options);
  ASSIGN_OR_RETURN(Call call, CallFor(options));
  ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(Home::Find(common.home), options.profile));
  if (options.later) return SignForLater(api, std::move(call), options);
  ASSIGN_OR_RETURN(const Answer answer, api.Send(call));
  RETURN_IF_ERROR(base::ReplaceFile(options.out, answer.body, 0644));
  base::Json json;
  json.Set("file", options.out);
  json.Set("size", answer.body.size());
  json.Set("sha256", base::HexEncode(base::Sha256(answer.body).bytes));
  json.Set("level", options.signing.level);
  json.Set("key", options.key);
  return json;
}

std::string TextOf(const base::Json& done, const Options& options) {
  if (const auto completion = done.Text("completion"))
    return "sealed " + options.out + ", to become XAdES-BASELINE-" + options.signing.level +
           ": edocvault completion " + *completion;
  return "sealed " + options.out + " (XAdES-BASELINE-" + options.signing.level + ", key " +
         options.key + ")";
}

}  // namespace

void AddSign(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("sign", "Seal documents: in an .edoc, or as XML");
  verb->add_option("files", options->files, "Documents to sign")->required();
  verb->add_option("-o,--out", options->out, "The file to write")->required();
  verb->add_option("--key", options->key, "Label of the sealing key")->capture_default_str();
  verb->add_option("--form", options->form,
                   "container; or XML: enveloped in the document, enveloping it, or detached "
                   "(the documents stay here, the service gets their digests)")
      ->check(CLI::IsMember({"container", "enveloped", "enveloping", "detached"}))
      ->capture_default_str();
  verb->add_flag("--add", options->add,
                 "The file is a container: add a signature over what is in it");
  verb->add_option("--countersign", options->countersign,
                   "Id of a signature in the file: sign that signature");
  AddSigningOptions(*verb, options->signing);
  AddCopyOptions(*verb, options->copy);
  verb->add_flag("--later", options->later,
                 "Seal now, and let it become --level when TSA and responder can be reached");
  verb->add_option("--profile", options->profile, "Entry of client.toml")->capture_default_str();
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto done = Sign(common, *options);
    exit_code = done.ok() ? Done(common, done.value(), TextOf(done.value(), *options))
                          : Fail(common, done.error());
  });
}

}  // namespace cli
