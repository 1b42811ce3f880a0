// store: a document goes into the vault, for one client; sealed first when a key is given.
#include <filesystem>

#include "base/file.h"
#include "cli/api_client.h"
#include "cli/copy_options.h"
#include "cli/documents.h"
#include "cli/large_documents.h"
#include "cli/upload_document.h"
#include "cli/verbs.h"
#include "signing/container_writer.h"
#include "signing/xades_writer.h"

namespace cli {
namespace {

struct Options {
  std::string file;
  std::string client;
  std::string key;
  std::string level = "T";
  std::string direction = "outgoing";
  std::string channel = "electronic";
  std::string receipt;
  CopyOptions copy;
  std::string profile = "agency";
};

base::Result<std::string> ClientReference(const ApiClient& api, const std::string& identifier) {
  base::Json body;
  body.Set("identifier", identifier);
  body.Set("create", true);
  ASSIGN_OR_RETURN(const Answer answer, api.Send({.method = "POST",
                                                  .path = "/v1/clients/lookup",
                                                  .query = {},
                                                  .headers = {{"Content-Type", "application/json"}},
                                                  .body = base::ToBytes(body.Dump())}));
  ASSIGN_OR_RETURN(const base::Json json, answer.AsJson());
  return json.Text("client").value_or("");
}

// In one request, sealed first when a key is given.
base::Result<base::Json> StoreAtOnce(const ApiClient& api, const Options& options,
                                     const std::string& client, base::Bytes document) {
  const std::string name = std::filesystem::path(options.file).filename().string();
  Call call{
      .method = "POST",
      .path = "/v1/documents",
      .query = {{"client", client}, {"direction", options.direction}, {"channel", options.channel}},
      .headers = {{"Content-Type", signing::MediaTypeOf(name)},
                  {"Content-Disposition",
                   "attachment; filename*=UTF-8''" + signing::PercentEncodePath(name)}},
      .body = std::move(document)};
  if (!options.key.empty()) {
    call.query["key"] = options.key;
    call.query["level"] = options.level;
    AddToQuery(options.copy, call.query);
  }
  ASSIGN_OR_RETURN(const Answer answer, api.Send(call));
  return answer.AsJson();
}

base::Result<base::Json> Store(const Common& common, const Options& options) {
  if (options.copy.is_copy() && options.key.empty())
    return base::Error{base::ErrorCode::kInvalidInput, "copy.malformed", "a copy is sealed: --key"};
  // What is to be sealed goes in one request: sign what is larger here, and store the container.
  const bool is_large = options.key.empty() && AreLarge({options.file});
  base::Bytes document;
  if (!is_large) {
    ASSIGN_OR_RETURN(document, ReadDocument(options.file));
  }
  // A receipt that could not be written would look like a document that was not stored.
  if (!options.receipt.empty()) RETURN_IF_ERROR(base::ReplaceFile(options.receipt, {}, 0644));
  ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(Home::Find(common.home), options.profile));
  ASSIGN_OR_RETURN(const std::string client, ClientReference(api, options.client));
  ASSIGN_OR_RETURN(base::Json stored, is_large
                                          ? UploadDocument(api,
                                                           {.file = options.file,
                                                            .client = client,
                                                            .direction = options.direction,
                                                            .channel = options.channel},
                                                           !common.json)
                                          : StoreAtOnce(api, options, client, std::move(document)));
  if (options.receipt.empty()) return stored;

  const auto receipt =
      api.Send({.path = "/v1/documents/" + stored.Text("id").value_or("") + "/receipt"});
  base::Status written = base::Ok();
  if (receipt.ok()) written = base::ReplaceFile(options.receipt, receipt.value().body, 0644);
  // It is stored: sending it again would store it twice.
  if (!receipt.ok() || !written.ok())
    return base::Error{base::ErrorCode::kOutcomeUnknown, "store.without-receipt",
                       "stored as " + stored.Text("id").value_or("")};
  stored.Set("receipt", options.receipt);
  return stored;
}

}  // namespace

void AddStore(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("store", "Keep a document in the vault for a client");
  verb->add_option("file", options->file, "The document")->required();
  verb->add_option("--client", options->client, "Identifier of the person or company")->required();
  CLI::Option* key = verb->add_option("--key", options->key, "Seal it with this key first");
  verb->add_option("--level", options->level, "Level of that seal: B, T or LT")
      ->check(CLI::IsMember({"B", "T", "LT"}))
      ->needs(key)
      ->capture_default_str();
  verb->add_option("--direction", options->direction, "outgoing or incoming")
      ->check(CLI::IsMember({"outgoing", "incoming"}))
      ->capture_default_str();
  verb->add_option("--channel", options->channel, "electronic, in-person, phone or post")
      ->check(CLI::IsMember({"electronic", "in-person", "phone", "post"}))
      ->capture_default_str();
  AddCopyOptions(*verb, options->copy);
  verb->add_option("--receipt", options->receipt, "Write the receipt to this file");
  verb->add_option("--profile", options->profile, "Entry of client.toml")->capture_default_str();
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto done = Store(common, *options);
    if (!done.ok()) {
      exit_code = Fail(common, done.error());
      return;
    }
    exit_code = Done(common, done.value(),
                     "stored as " + done.value().Text("id").value_or("") + ", entry " +
                         std::to_string(done.value().Integer("entry").value_or(-1)));
  });
}

}  // namespace cli
