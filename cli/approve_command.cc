// approve: says, with the agency's own request key, exactly which documents may be sealed.
//
// Nothing is sent: this can run on a machine that never meets the service.

#include <algorithm>
#include <cstdio>

#include "base/base64.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/random.h"
#include "cli/copy_options.h"
#include "cli/documents.h"
#include "cli/verbs.h"
#include "cli/verify_walls.h"
#include "hardening/walls.h"
#include "hsm/approval.h"
#include "signing/container_writer.h"
#include "signing/signing_place.h"
#include "signing/verifier.h"
#include "signing/xades_writer.h"

namespace cli {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

constexpr std::size_t kMaxKey = 16'384;
constexpr std::size_t kMaxBatch = std::size_t{32} << 20U;
constexpr std::size_t kNonce = 18;

struct Options {
  std::vector<std::string> files;
  std::string batch;
  std::vector<std::string> hashes;
  std::string request_key;
  std::string vault;
  std::string key = "seal-p256";
  std::string level;  // Empty: as `sign` and `batch` have it.
  std::string form = "container";
  bool add = false;
  CopyOptions copy;
  std::string countersign;
  int hours = 24;
  std::uint32_t uses = 1;
  std::string out;
};

Error BadInput(const char* reason, std::string what) {
  return {ErrorCode::kInvalidInput, reason, std::move(what)};
}

std::string ItemOf(const signing::SigningOrder& order) {
  const auto place = signing::FindSigningPlace(order);
  if (!place.ok()) return Json().Set("error", base::ErrorToJson(place.error())).Dump();
  std::vector<hsm::NamedDigest> documents;
  for (const signing::DocumentDigest& one : place.value().documents) {
    const bool named = one.kind == hsm::ReferenceKind::kDocument;
    documents.push_back({named ? one.name : "", one.sha256});
  }
  return Json().Set("item", base::HexEncode(hsm::ItemDigest(documents).bytes)).Dump();
}

// What the signature will cover is looked for behind walls, as the service does.
base::Result<base::Sha256Digest> ItemIn(const signing::SigningOrder& order) {
  signing::PrepareVerifier();
  ASSIGN_OR_RETURN(const base::Bytes answer,
                   hardening::RunInWalls(WallsFor(order.document.size()),
                                         [&] { return base::ToBytes(ItemOf(order)); }));
  ASSIGN_OR_RETURN(const Json json, Json::Parse(base::AsText(answer)));
  if (const Json* error = json.Find("error")) return base::ErrorFromJson(*error);
  const auto bytes = base::HexDecode(json.Text("item").value_or(""));
  const auto digest = bytes ? base::ToSha256Digest(*bytes) : std::nullopt;
  if (!digest) return Error{ErrorCode::kInternal, "channel.malformed", "no item"};
  return *digest;
}

base::Result<std::vector<base::Sha256Digest>> OneItem(const Options& options) {
  signing::SigningOrder order{.document = {}, .now = base::SystemClock().Now()};
  const bool counter = !options.countersign.empty();
  order.form =
      counter ? signing::SignatureForm::kCounter : signing::FindSignatureForm(options.form).value();
  order.countersigned.id = options.countersign;
  if (options.copy.is_copy() &&
      (options.add || counter || options.form != "container" || options.files.size() != 1))
    return BadInput("sign.bad-form", "a copy is one scan, in a container of ours");
  const bool is_as_given =
      options.add || counter || (options.form != "container" && options.form != "detached");
  if (is_as_given && options.files.size() != 1)
    return BadInput("sign.bad-form", "one file, not several");
  base::Bytes document;
  if (is_as_given) {
    ASSIGN_OR_RETURN(document, ReadDocument(options.files.front()));
    order.media_type = signing::MediaTypeOf(options.files.front());
  } else {
    order.form = signing::SignatureForm::kContainer;  // Of a detached signature alike.
    ASSIGN_OR_RETURN(document, options.copy.is_copy()
                                   ? PackCopy(options.files.front(), options.copy)
                                   : PackDocuments(options.files));
  }
  order.document = document;
  ASSIGN_OR_RETURN(const base::Sha256Digest item, ItemIn(order));
  return std::vector{item};
}

// The body of POST /v1/batches.
base::Result<std::vector<base::Sha256Digest>> ItemsOf(const std::string& file) {
  ASSIGN_OR_RETURN(const base::Bytes text, base::ReadFile(file, kMaxBatch));
  const auto json = Json::Parse(base::AsText(text));
  const Json* items = json.ok() ? json.value().Find("items") : nullptr;
  if (items == nullptr || items->AsArray() == nullptr || items->AsArray()->empty())
    return BadInput("digests.malformed", "no list of items");
  std::vector<base::Sha256Digest> digests;
  for (const Json& item : *items->AsArray()) {
    const Json* documents = item.Find("documents");
    if (documents == nullptr || documents->AsArray() == nullptr || documents->AsArray()->empty())
      return BadInput("digests.malformed", "no list of documents");
    std::vector<hsm::NamedDigest> named;
    for (const Json& one : *documents->AsArray()) {
      const auto bytes = base::HexDecode(one.Text("sha256").value_or(""));
      const auto digest = bytes ? base::ToSha256Digest(*bytes) : std::nullopt;
      if (!digest) return BadInput("digests.malformed", "sha256 is 64 hexadecimal digits");
      // With an end of line in it, one name would approve two documents.
      const std::string name = one.Text("name").value_or("");
      if (!signing::IsDocumentName(name)) return BadInput("document.bad-name", name);
      named.push_back({name, *digest});
    }
    digests.push_back(hsm::ItemDigest(named));
  }
  return digests;
}

base::Result<std::vector<base::Sha256Digest>> HashItems(const std::vector<std::string>& hashes) {
  if (hashes.size() > hsm::SealBatch::kMost) return BadInput("batch.bad-size", "256 at most");
  std::vector<base::Sha256Digest> digests;
  for (const std::string& text : hashes) {
    const auto hash = base::HexDecode(text);
    if (!hash || hash->empty()) return BadInput("hash.malformed", text + " is not hexadecimal");
    digests.push_back(hsm::ItemDigest(base::ByteSpan(*hash)));
  }
  return digests;
}

std::string LevelOf(const Options& options) {
  if (!options.hashes.empty()) return "hash";
  if (!options.level.empty()) return options.level;
  return options.batch.empty() ? "T" : "B";
}

base::Result<std::string> Approve(const Options& options) {
  const int given =
      int{!options.files.empty()} + int{!options.batch.empty()} + int{!options.hashes.empty()};
  if (given != 1) return BadInput("sign.bad-form", "one of files, --batch and --hash");
  auto found = !options.hashes.empty()  ? HashItems(options.hashes)
               : !options.batch.empty() ? ItemsOf(options.batch)
                                        : OneItem(options);
  if (!found.ok()) return found.error();
  const std::vector<base::Sha256Digest>& items = found.value();
  hsm::Approval approval{.vault = options.vault,
                         .key = {options.key},
                         .level = LevelOf(options),
                         .groups = {},
                         .nonce = base::Base64UrlEncode(base::RandomBytes(kNonce)),
                         .expires = base::SystemClock().Now() + std::chrono::hours(options.hours),
                         .uses = options.uses};
  for (std::size_t i = 0; i < items.size(); i += hsm::SealBatch::kMost) {
    const std::size_t end = std::min(i + hsm::SealBatch::kMost, items.size());
    approval.groups.push_back(hsm::GroupDigest({items.begin() + static_cast<std::ptrdiff_t>(i),
                                                items.begin() + static_cast<std::ptrdiff_t>(end)}));
  }
  if (approval.groups.size() > hsm::Approval::kMostGroups)
    return BadInput("batch.bad-size", "too many items");
  ASSIGN_OR_RETURN(base::Bytes pem, base::ReadFile(options.request_key, kMaxKey));
  return hsm::SignApproval(approval, base::Secret(std::move(pem)));
}

}  // namespace

void AddApprove(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand(
      "approve", "Approve, by the agency's request key, exactly what may be sealed");
  verb->add_option("files", options->files, "Documents, as they will be given to `sign`");
  verb->add_option("--batch", options->batch, "Instead: the body of POST /v1/batches");
  verb->add_option("--hash", options->hashes,
                   "Instead: hashes, hexadecimal, for a key that signs hashes (CSC API)");
  verb->add_option("--request-key", options->request_key, "The agency's private key, PEM")
      ->required();
  verb->add_option("--vault", options->vault, "Origin of the vault's log: `log_origin` there")
      ->required();
  verb->add_option("--key", options->key, "Label of the sealing key")->capture_default_str();
  verb->add_option("--level", options->level, "B, T, LT or LTA; without it T, with --batch B")
      ->check(CLI::IsMember({"B", "T", "LT", "LTA"}));
  verb->add_option("--form", options->form, "As of `sign`")
      ->check(CLI::IsMember({"container", "enveloped", "enveloping", "detached"}))
      ->capture_default_str();
  verb->add_flag("--add", options->add, "The file is a container, as of `sign`");
  AddCopyOptions(*verb, options->copy);
  verb->add_option("--countersign", options->countersign, "Id of a signature, as of `sign`");
  verb->add_option("--hours", options->hours, "How long it may be used")
      ->check(CLI::Range(1, 744))
      ->capture_default_str();
  verb->add_option("--uses", options->uses, "How often, should sealing be interrupted")
      ->check(CLI::Range(1, static_cast<int>(hsm::Approval::kMostUses)))
      ->capture_default_str();
  verb->add_option("-o,--out", options->out, "File for the approval")->required();
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto approval = Approve(*options);
    const base::Status written =
        approval.ok() ? base::ReplaceFile(options->out, base::AsBytes(approval.value()), 0644)
                      : base::Status(approval.error());
    exit_code = written.ok() ? Done(common, Json().Set("file", options->out),
                                    "approved for key " + options->key + ": " + options->out)
                             : Fail(common, written.error());
  });
}

}  // namespace cli
