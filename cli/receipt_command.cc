// receipt: fetch one, or check one offline with nothing but the vault's verifier key.
#include "base/file.h"
#include "base/utf8.h"
#include "cli/api_client.h"
#include "cli/documents.h"
#include "cli/trusted_keys.h"
#include "cli/verbs.h"
#include "vault/receipt.h"

namespace cli {
namespace {

constexpr std::size_t kMaxReceipt = std::size_t{1} << 20U;

struct GetOptions {
  std::string id;
  std::string out;
  std::string purpose;
  std::string profile = "agency";
};

struct VerifyOptions {
  std::string receipt;
  TrustedKeyOptions keys;
  std::string document;
};

std::map<std::string, std::string> PurposeHeader(const std::string& purpose) {
  if (purpose.empty()) return {};
  return {{"Edocvault-Purpose", purpose}};
}

base::Result<base::Json> Get(const Common& common, const GetOptions& options) {
  ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(Home::Find(common.home), options.profile));
  ASSIGN_OR_RETURN(const Answer answer,
                   api.Send({.path = "/v1/documents/" + options.id + "/receipt",
                             .headers = PurposeHeader(options.purpose)}));
  RETURN_IF_ERROR(base::ReplaceFile(options.out, answer.body, 0644));
  base::Json json;
  json.Set("id", options.id);
  json.Set("file", options.out);
  base::Json::Array pending;
  for (const std::string& name : answer.pending) pending.emplace_back(name);
  json.Set("pending", std::move(pending));
  return json;
}

std::string GotText(const base::Json& json) {
  std::string text = "wrote " + json.Text("file").value_or("");
  const base::Json::Array& pending = *json.Find("pending")->AsArray();
  if (pending.empty()) return text;
  text += "\nnot in it yet:";
  for (const base::Json& name : pending) text += " " + base::WithoutSteering(*name.AsString());
  return text + " (ask again later)";
}

// Null when no TSA is trusted; a time-stamp that was asked for has to be there and good.
base::Result<base::Json> StampedAt(const vault::ReceiptVerdict& verdict,
                                   const std::vector<std::string>& tsas) {
  if (tsas.empty()) return base::Json();
  if (verdict.stamp.empty())
    return base::Error{base::ErrorCode::kInvalidInput, "receipt.not-stamped", "no token in it"};
  ASSIGN_OR_RETURN(const base::Time time, ReadStamp(verdict.stamp, verdict.stamped, tsas));
  return base::Json(base::FormatTime(time));
}

base::Result<base::Json> Verify(const Common& common, const VerifyOptions& options) {
  ASSIGN_OR_RETURN(const base::Bytes receipt, base::ReadFile(options.receipt, kMaxReceipt));
  ASSIGN_OR_RETURN(const TrustedKeys keys, ReadTrustedKeys(options.keys, Home::Find(common.home)));
  std::optional<base::Sha256Digest> document;
  if (!options.document.empty()) {
    ASSIGN_OR_RETURN(const base::MappedFile file, base::MappedFile::Open(options.document));
    document = base::Sha256(file.bytes());
  }
  ASSIGN_OR_RETURN(const vault::ReceiptVerdict verdict,
                   vault::VerifyReceipt(base::AsText(receipt), keys.log, document, keys.witnesses));
  ASSIGN_OR_RETURN(base::Json stamped, StampedAt(verdict, keys.tsas));
  base::Json json;
  json.Set("valid", true);
  json.Set("origin", verdict.origin);
  json.Set("entry", static_cast<std::int64_t>(verdict.entry.value));
  json.Set("treeSize", static_cast<std::int64_t>(verdict.tree_size));
  json.Set("id", verdict.record.id.Text());
  json.Set("agency", verdict.record.agency);
  json.Set("storedAt", base::FormatTime(verdict.record.stored_at));
  json.Set("coversDocument", document ? base::Json(verdict.covers_document) : base::Json());
  base::Json::Array cosigned;
  for (const base::Time time : verdict.cosigned) cosigned.emplace_back(base::FormatTime(time));
  json.Set("cosignedAt", std::move(cosigned));
  json.Set("stampedAt", std::move(stamped));
  return json;
}

std::string WhenSeen(const base::Json& json) {
  std::string text;
  for (const base::Json& time : *json.Find("cosignedAt")->AsArray())
    text += "\na witness saw it in the log at " + *time.AsString();
  const base::Json* stamped = json.Find("stampedAt");
  if (stamped->AsString() != nullptr) text += "\nit was time-stamped at " + *stamped->AsString();
  return text;
}

std::string ToText(const base::Json& json) {
  const base::Json* covers = json.Find("coversDocument");
  const bool asked = covers != nullptr && covers->AsBool() != nullptr;
  return "the vault " + json.Text("origin").value_or("") + " took document " +
         json.Text("id").value_or("") + " at " + json.Text("storedAt").value_or("") + " as entry " +
         std::to_string(json.Integer("entry").value_or(-1)) +
         (asked ? "; it is exactly the file given" : "; no file was given to compare") +
         WhenSeen(json);
}

void AddGetReceipt(CLI::App& group, Common& common, int& exit_code) {
  auto options = std::make_shared<GetOptions>();
  CLI::App* verb = group.add_subcommand("get", "Fetch the receipt of a stored document");
  verb->add_option("id", options->id, "Id that `store` printed")->required();
  verb->add_option("-o,--out", options->out, "File to write")->required();
  verb->add_option("--purpose", options->purpose, "Why it is read; the platform has to say");
  verb->add_option("--profile", options->profile, "Entry of client.toml")->capture_default_str();
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto done = Get(common, *options);
    exit_code =
        done.ok() ? Done(common, done.value(), GotText(done.value())) : Fail(common, done.error());
  });
}

void AddVerifyReceipt(CLI::App& group, Common& common, int& exit_code) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App* verb = group.add_subcommand("verify", "Check a receipt offline, without the service");
  verb->add_option("receipt", options->receipt, "The receipt")->required();
  options->keys.AddTo(*verb);
  verb->add_option("--document", options->document, "The document it should cover");
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto done = Verify(common, *options);
    if (done.ok()) {
      exit_code = Done(common, done.value(), ToText(done.value()));
      return;
    }
    // A receipt that proves nothing is a verdict (1), not a refused input (3).
    const bool failed = (done.error().reason.starts_with("receipt.") ||
                         done.error().reason.starts_with("timestamp.")) &&
                        done.error().reason != "receipt.malformed" &&
                        done.error().reason != "receipt.bad-verifier-key";
    const int code = Fail(common, done.error());
    exit_code = failed ? 1 : code;
  });
}

}  // namespace

void AddReceipt(CLI::App& app, Common& common, int& exit_code) {
  CLI::App* group = app.add_subcommand("receipt", "Proof that the vault took a document");
  group->require_subcommand(1);
  AddGetReceipt(*group, common, exit_code);
  AddVerifyReceipt(*group, common, exit_code);
}

}  // namespace cli
