// batch: many documents, each sealed into a container of its own. The documents stay here; the
// service gets their digests. Run again after whatever happened, it goes on where it was.

#include <cstdio>
#include <filesystem>
#include <set>

#include "base/base64.h"
#include "base/digest.h"
#include "base/file.h"
#include "cli/api_client.h"
#include "cli/large_documents.h"
#include "cli/signing_options.h"
#include "cli/verbs.h"

namespace cli {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

struct Options {
  std::vector<std::string> files;
  std::string out;
  std::string key = "seal-p256";
  std::string idempotency_key;
  bool evidence_records = false;
  SigningOptions signing;
  std::string profile = "agency";
};

struct Outcome {
  std::size_t written = 0;
  std::size_t kept = 0;  // Was there before.
  Json failed{Json::Array{}};
};

std::string ContainerPath(const Options& options, const std::string& file) {
  return (std::filesystem::path(options.out) / std::filesystem::path(file).filename()).string() +
         ".edoc";
}

base::Status CheckNames(const std::vector<std::string>& files) {
  std::set<std::string> names;
  for (const std::string& file : files)
    if (!names.insert(std::filesystem::path(file).filename().string()).second)
      return Error{ErrorCode::kInvalidInput, "document.duplicate-name", file};
  return base::Ok();
}

base::Result<std::string> BodyFor(const std::vector<std::string>& files) {
  std::string body = "{\"items\":[";
  for (std::size_t i = 0; i < files.size(); ++i) {
    ASSIGN_OR_RETURN(const LargeDocuments one, LargeDocuments::Open({files[i]}));
    body += (i == 0 ? "" : ",") + base::ToString(one.Digests());
  }
  return body + "]}";
}

base::Result<Call> CallFor(const Options& options) {
  Call call{.method = "POST",
            .path = "/v1/batches",
            .query = {{"key", options.key}},
            .headers = {{"Content-Type", "application/json"}},
            .body = {}};
  AddToQuery(options.signing, call.query);
  RETURN_IF_ERROR(AddToHeaders(options.signing, call.headers));
  ASSIGN_OR_RETURN(const std::string body, BodyFor(options.files));
  call.body = base::ToBytes(body);
  // The same order is the same batch, unless somebody wants it otherwise.
  std::string order = body;
  for (const auto& [name, value] : call.query) order += name + "=" + value + "\n";
  // Approved anew it is another order: one that was refused would stay refused.
  if (const auto approval = call.headers.find("Edocvault-Approval"); approval != call.headers.end())
    order += approval->second + "\n";
  call.headers["Idempotency-Key"] = options.idempotency_key.empty()
                                        ? base::HexEncode(base::Sha256(base::AsBytes(order)).bytes)
                                        : options.idempotency_key;
  return call;
}

// Until all is over. Says how far it is on standard error.
base::Result<Json> WaitFor(const ApiClient& api, const std::string& id, bool quiet) {
  std::string last;
  while (true) {
    ASSIGN_OR_RETURN(const Answer answer, api.Send({.method = "GET",
                                                    .path = "/v1/batches/" + id,
                                                    .headers = {{"Prefer", "wait=10"}}}));
    ASSIGN_OR_RETURN(const Json progress, answer.AsJson());
    const std::string waits = progress.Text("waitingFor").value_or("");
    const std::string line = std::to_string(progress.Integer("sealed").value_or(0)) + " of " +
                             std::to_string(progress.Integer("items").value_or(0)) +
                             (waits.empty() ? "" : ", waits: " + waits);
    if (!quiet && line != last) std::fprintf(stderr, "%s\n", line.c_str());
    last = line;
    if (progress.Text("state") == "done") return progress;
  }
}

base::Status Take(const Options& options, const Json& item, Outcome& outcome) {
  const auto index = static_cast<std::size_t>(item.Integer("index").value_or(-1));
  if (index >= options.files.size())
    return Error{ErrorCode::kInternal, "channel.malformed", "an item that was not ordered"};
  const std::string& file = options.files[index];
  if (const Json* problem = item.Find("problem")) {
    outcome.failed.Push(Json().Set("file", file).Set("problem", *problem));
    return base::Ok();
  }
  const auto signature = base::Base64Decode(item.Text("signature").value_or("="));
  if (!signature) return Error{ErrorCode::kInternal, "channel.malformed", "no signature"};
  ASSIGN_OR_RETURN(const LargeDocuments one, LargeDocuments::Open({file}));
  const base::Status written = one.Write(ContainerPath(options, file), base::ToString(*signature));
  if (!written.ok() && written.error().reason != "bundle.exists") return written;
  ++(written.ok() ? outcome.written : outcome.kept);
  return base::Ok();
}

base::Result<Outcome> TakeAll(const ApiClient& api, const std::string& id, const Options& options) {
  Outcome outcome;
  for (std::optional<std::int64_t> chunk = 0; chunk.has_value();) {
    ASSIGN_OR_RETURN(const Answer answer, api.Send({.method = "GET",
                                                    .path = "/v1/batches/" + id + "/signatures",
                                                    .query = {{"chunk", std::to_string(*chunk)}}}));
    ASSIGN_OR_RETURN(const Json page, answer.AsJson());
    const Json* items = page.Find("items");
    if (items == nullptr || items->AsArray() == nullptr)
      return Error{ErrorCode::kInternal, "channel.malformed", "no items"};
    for (const Json& item : *items->AsArray()) RETURN_IF_ERROR(Take(options, item, outcome));
    chunk = page.Integer("next");
  }
  return outcome;
}

// One time-stamp for all containers; beside each NAME.edoc its NAME.edoc.ers.
base::Status Prove(const ApiClient& api, const Options& options) {
  std::vector<std::string> containers;
  Json digests{Json::Array{}};
  for (const std::string& file : options.files) {
    std::string path = ContainerPath(options, file);
    const auto mapped = base::MappedFile::Open(path);
    if (!mapped.ok()) continue;  // It was not sealed, and is told so.
    digests.Push(base::HexEncode(base::Sha256(mapped.value().bytes()).bytes));
    containers.push_back(std::move(path));
  }
  if (containers.empty()) return base::Ok();
  ASSIGN_OR_RETURN(
      const Answer answer,
      api.Send({.method = "POST",
                .path = "/v1/evidence-records",
                .headers = {{"Content-Type", "application/json"}},
                .body = base::ToBytes(Json().Set("digests", std::move(digests)).Dump())}));
  ASSIGN_OR_RETURN(const Json json, answer.AsJson());
  const Json* records = json.Find("records");
  if (records == nullptr || records->AsArray() == nullptr ||
      records->AsArray()->size() != containers.size())
    return Error{ErrorCode::kInternal, "channel.malformed", "not as many records"};
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const std::string* text = (*records->AsArray())[i].AsString();
    const auto record = base::Base64Decode(text == nullptr ? "=" : *text);
    if (!record) return Error{ErrorCode::kInternal, "channel.malformed", "a record"};
    RETURN_IF_ERROR(base::ReplaceFile(containers[i] + ".ers", *record, 0644));
  }
  return base::Ok();
}

base::Result<Json> Batch(const Common& common, const Options& options) {
  RETURN_IF_ERROR(CheckNames(options.files));
  std::error_code error;
  std::filesystem::create_directories(options.out, error);
  if (error) return Error{ErrorCode::kUnavailable, "disk.unwritable", options.out};
  ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(Home::Find(common.home), options.profile));
  ASSIGN_OR_RETURN(const Call call, CallFor(options));
  ASSIGN_OR_RETURN(const Answer answer, api.Send(call));
  ASSIGN_OR_RETURN(const Json order, answer.AsJson());
  const std::string id = order.Text("id").value_or("");
  ASSIGN_OR_RETURN(const Json progress, WaitFor(api, id, common.json));
  ASSIGN_OR_RETURN(Outcome outcome, TakeAll(api, id, options));
  if (options.evidence_records) RETURN_IF_ERROR(Prove(api, options));
  return Json()
      .Set("id", id)
      .Set("items", options.files.size())
      .Set("written", outcome.written)
      .Set("kept", outcome.kept)
      .Set("failed", std::move(outcome.failed));
}

std::string TextOf(const Json& done, const Options& options) {
  std::string text = std::to_string(done.Integer("written").value_or(0)) + " sealed into " +
                     options.out + ", " + std::to_string(done.Integer("kept").value_or(0)) +
                     " were there";
  for (const Json& one : *done.Find("failed")->AsArray())
    text += "\nnot sealed: " + one.Text("file").value_or("") + ": " +
            one.Find("problem")->Text("title").value_or("");
  return text;
}

}  // namespace

void AddBatch(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Options>();
  options->signing.level = "B";
  CLI::App* verb =
      app.add_subcommand("batch", "Seal many documents, each into a container of its own");
  verb->add_option("files", options->files, "Documents; they stay here")->required();
  verb->add_option("-o,--out", options->out, "Folder for the containers")->required();
  verb->add_option("--key", options->key, "Label of the sealing key")->capture_default_str();
  verb->add_option("--idempotency-key", options->idempotency_key,
                   "Names the batch; otherwise what is ordered does");
  verb->add_flag("--evidence-records", options->evidence_records,
                 "Beside each container its evidence record, by one time-stamp for all");
  AddSigningOptions(*verb, options->signing);
  verb->add_option("--profile", options->profile, "Entry of client.toml")->capture_default_str();
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto done = Batch(common, *options);
    exit_code = done.ok() ? Done(common, done.value(), TextOf(done.value(), *options))
                          : Fail(common, done.error());
    // Somebody has to look at those that failed.
    if (done.ok() && !done.value().Find("failed")->AsArray()->empty()) exit_code = kExitRefused;
  });
}

}  // namespace cli
