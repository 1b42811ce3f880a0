#include "api/http/routes.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "api/http/backup_routes.h"
#include "api/http/batch_routes.h"
#include "api/http/content_disposition.h"
#include "api/http/content_response.h"
#include "api/http/erasure_routes.h"
#include "api/http/signing_routes.h"
#include "api/http/upload_routes.h"
#include "base/base64.h"
#include "signing/container_writer.h"
#include "vault/record.h"
#include "vault/tile.h"

namespace api {
namespace {

using Result = base::Result<Response>;

// Path segments that stood where a pattern has "*".
using Wildcards = std::vector<std::string>;

Reading ReadingOf(const Request& request) {
  return {.caller = request.caller,
          .purpose = request.Header("edocvault-purpose"),
          .official = request.Header("edocvault-official")};
}

// "decision.pdf" is kept as "decision.edoc".
std::string ContainerName(std::string name) {
  const std::size_t dot = name.rfind('.');
  if (dot != std::string::npos && dot != 0 && name.find('/', dot) == std::string::npos)
    name.erase(dot);
  return name + ".edoc";
}

Response TextResponse(std::string_view text) {
  return {.status = 200,
          .content_type = "text/plain; charset=utf-8",
          .headers = {},
          .body = base::ToBytes(text)};
}

std::optional<std::size_t> NumberOf(const std::string& text) {
  std::size_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

// "Prefer: wait=SECONDS" (RFC 7240, 4.3); a server's thread waits no longer than this.
std::chrono::seconds WaitOf(const Request& request) {
  constexpr std::size_t kLongest = 10;
  constexpr std::string_view kWait = "wait=";
  const std::string preferred = request.Header("prefer");
  if (!preferred.starts_with(kWait)) return std::chrono::seconds{0};
  return std::chrono::seconds{
      std::min(NumberOf(preferred.substr(kWait.size())).value_or(0), kLongest)};
}

// ---- One function a route. ----

Result Live(const Flows&, const Request&, const Wildcards&) {
  base::Json json;
  json.Set("status", "live");
  return JsonResponse(200, json);
}

Result Ready(const Flows& flows, const Request&, const Wildcards&) {
  ASSIGN_OR_RETURN(const auto facts, flows.token.Describe());
  RETURN_IF_ERROR(flows.trust_status.RequireReady());
  RETURN_IF_ERROR(flows.endorse_checkpoint.RequireUndisputed());
  base::Json json;
  json.Set("status", "ready");
  json.Set("token", facts.token);
  // Ready, but a human should know.
  if (flows.backups.IsFailing()) json.Set("warning", "backup.failing");
  if (facts.second) json.Set("warning", "token.second-in-use");
  // The vault is well, and so are all agencies but those whose keys are there.
  for (hsm::Provisioner& other : flows.other_tokens)
    if (!other.Describe().ok()) json.Set("warning", "token.other-away");
  return JsonResponse(200, json);
}

Result LookUpClient(const Flows& flows, const Request& request, const Wildcards&) {
  ASSIGN_OR_RETURN(const base::Json body, base::Json::Parse(base::AsText(request.body)));
  const base::Json* create = body.Find("create");
  const bool may_create = create != nullptr && create->AsBool() != nullptr && *create->AsBool();
  ASSIGN_OR_RETURN(
      const vault::ClientId client,
      flows.find_client.Run(ReadingOf(request), {.identifier = body.Text("identifier").value_or(""),
                                                 .create = may_create}));
  base::Json json;
  json.Set("client", client.Text());
  return JsonResponse(200, json);
}

Result PostDocument(const Flows& flows, const Request& request, const Wildcards&) {
  const auto file_name = FileNameOf(request.Header("content-disposition"));
  Submission submission{.client = request.Query("client").value_or(""),
                        .facts = {.name = file_name.value_or(""),
                                  .media_type = request.Header("content-type"),
                                  .direction = request.Query("direction").value_or("outgoing"),
                                  .channel = request.Query("channel").value_or("electronic")},
                        .seal = std::nullopt,
                        .to_seal = {},
                        .bytes = request.body};
  base::Bytes written;
  if (request.Query("key")) {
    ASSIGN_OR_RETURN(submission.seal, ReadSealOrder(request));
    if (submission.seal->form != signing::SignatureForm::kContainer || submission.seal->later ||
        request.Header("content-type") == kDigestsMediaType)
      return base::Error{base::ErrorCode::kInvalidInput, "sign.bad-form",
                         "what is stored is a container with its documents"};
    ASSIGN_OR_RETURN(submission.to_seal,
                     ToSeal(request, submission.seal->form, flows.clock.Now(), written));
    submission.facts.name = ContainerName(submission.facts.name);
    submission.facts.media_type = signing::kAsicMediaType;
  }
  ASSIGN_OR_RETURN(const StoredDocument stored,
                   flows.submit_document.Run(request.caller, submission));
  return StoredResponse(stored);
}

// ---- Uploads. ----

Result PostUpload(const Flows& flows, const Request& request, const Wildcards&) {
  return PostUpload(flows.uploads, request);
}
Result HeadUpload(const Flows& flows, const Request& request, const Wildcards& wildcards) {
  return HeadUpload(flows.uploads, request, wildcards.at(0));
}
Result PatchUpload(const Flows& flows, const Request& request, const Wildcards& wildcards) {
  return PatchUpload(flows.uploads, request, wildcards.at(0));
}
Result DeleteUpload(const Flows& flows, const Request& request, const Wildcards& wildcards) {
  return DeleteUpload(flows.uploads, request, wildcards.at(0));
}
Result PostUploadComplete(const Flows& flows, const Request& request, const Wildcards& wildcards) {
  return PostUploadComplete(flows.uploads, request, wildcards.at(0));
}

Result GetDocument(const Flows& flows, const Request& request, const Wildcards& wildcards) {
  ASSIGN_OR_RETURN(const vault::StoredRecord stored,
                   flows.read_document.Entry(ReadingOf(request), wildcards.at(0)));
  base::Json json;
  json.Set("id", stored.record.id.Text());
  json.Set("client", stored.record.client.Text());
  json.Set("agency", stored.record.agency);
  json.Set("entry", static_cast<std::int64_t>(stored.entry.value));
  json.Set("storedAt", base::FormatTime(stored.record.stored_at));
  return JsonResponse(200, json);
}

Result GetContent(const Flows& flows, const Request& request, const Wildcards& wildcards) {
  ASSIGN_OR_RETURN(OpenedDocument opened,
                   flows.read_document.Open(ReadingOf(request), wildcards.at(0), "document.read"));
  const auto document = std::make_shared<const OpenedDocument>(std::move(opened));
  return ContentResponse(flows.read_document, request, document);
}

Result GetReceipt(const Flows& flows, const Request& request, const Wildcards& wildcards) {
  ASSIGN_OR_RETURN(const DocumentReceipt::Given receipt,
                   flows.document_receipt.Run(ReadingOf(request), wildcards.at(0)));
  Response response = TextResponse(receipt.text);
  std::string pending;
  for (const std::string& name : receipt.pending) pending += (pending.empty() ? "" : ", ") + name;
  if (!pending.empty()) response.headers["Edocvault-Pending"] = pending;
  return response;
}

Result GetVerification(const Flows& flows, const Request& request, const Wildcards& wildcards) {
  ASSIGN_OR_RETURN(
      const base::Json report,
      flows.verify_document.Run(ReadingOf(request), wildcards.at(0), request.language()));
  return JsonResponse(200, report);
}

// What was made so far is longer when the services outside allow it.
Result Completion(const Flows& flows, const Request& request, const CompletionQueue::Order& order) {
  ASSIGN_OR_RETURN(const std::string id, flows.completions.Submit(request.caller, order));
  ASSIGN_OR_RETURN(const CompletionQueue::Progress progress,
                   flows.completions.Look(request.caller, id, WaitOf(request)));
  Response response = JsonResponse(202, ToJson(id, progress, request.language()));
  response.headers["Location"] = "/v1/completions/" + id;
  return response;
}

Result GetCompletion(const Flows& flows, const Request& request, const Wildcards& wildcards) {
  const std::string& id = wildcards.at(0);
  ASSIGN_OR_RETURN(const CompletionQueue::Progress progress,
                   flows.completions.Look(request.caller, id, WaitOf(request)));
  return JsonResponse(200, ToJson(id, progress, request.language()));
}

Result GetCompletionDocument(const Flows& flows, const Request& request,
                             const Wildcards& wildcards) {
  ASSIGN_OR_RETURN(base::Bytes document,
                   flows.completions.Document(request.caller, wildcards.at(0)));
  return SignedResponse(std::move(document));
}

Result PostSignature(const Flows& flows, const Request& request, const Wildcards&) {
  ASSIGN_OR_RETURN(const SealOrder order, ReadSealOrder(request));
  base::Bytes written;
  ASSIGN_OR_RETURN(const DocumentsToSeal to_seal,
                   ToSeal(request, order.form, flows.clock.Now(), written));
  ASSIGN_OR_RETURN(SignedDocument result, flows.sign_document.Run(request.caller, order, to_seal));
  if (!order.later) return SignedResponse(std::move(result.bytes));
  return Completion(flows, request,
                    {.document = std::move(result.bytes),
                     .target = result.signature,
                     .level = *order.later,
                     .issuers = std::move(result.issuers)});
}

Result PostPreparation(const Flows& flows, const Request& request, const Wildcards&) {
  ASSIGN_OR_RETURN(const SealOrder order, ReadOrder(request));
  ASSIGN_OR_RETURN(const TwoStepSigning::Signer signer, ReadSigner(request));
  base::Bytes written;
  ASSIGN_OR_RETURN(const DocumentsToSeal to_seal,
                   ToSeal(request, order.form, flows.clock.Now(), written));
  ASSIGN_OR_RETURN(const TwoStepSigning::Prepared prepared,
                   flows.two_step_signing.Prepare(request.caller, order, to_seal, signer));
  return PreparedResponse(prepared);
}

Result PostCompletion(const Flows& flows, const Request& request, const Wildcards& wildcards) {
  ASSIGN_OR_RETURN(base::Bytes result,
                   flows.two_step_signing.Complete(request.caller, wildcards.at(0), request.body));
  return SignedResponse(std::move(result));
}

Result PostBatch(const Flows& flows, const Request& request, const Wildcards&) {
  ASSIGN_OR_RETURN(BatchOrder order, ReadBatchOrder(request));
  ASSIGN_OR_RETURN(const BatchQueue::Progress progress,
                   flows.batches.Submit(request.caller, std::move(order)));
  Response response = JsonResponse(202, ToJson(progress));
  response.headers["Location"] = "/v1/batches/" + progress.id;
  return response;
}

Result GetBatch(const Flows& flows, const Request& request, const Wildcards& wildcards) {
  ASSIGN_OR_RETURN(const BatchQueue::Progress progress,
                   flows.batches.Look(request.caller, wildcards.at(0), WaitOf(request)));
  return JsonResponse(200, ToJson(progress));
}

Result GetBatchSignatures(const Flows& flows, const Request& request, const Wildcards& wildcards) {
  const std::string& id = wildcards.at(0);
  const std::size_t chunk = NumberOf(request.Query("chunk").value_or("0"))
                                .value_or(BatchOrder::kMostItems);  // Never there.
  ASSIGN_OR_RETURN(const BatchQueue::Progress progress, flows.batches.Look(request.caller, id));
  ASSIGN_OR_RETURN(const auto outcomes, flows.batches.Results(request.caller, id, chunk));
  return JsonResponse(200, OutcomesToJson(outcomes, chunk, progress, request.language()));
}

Result GetBatchSealings(const Flows& flows, const Request& request, const Wildcards& wildcards) {
  const std::size_t chunk =
      NumberOf(request.Query("chunk").value_or("0")).value_or(BatchOrder::kMostItems);
  ASSIGN_OR_RETURN(std::vector<base::Json> sealings,
                   flows.batches.Sealings(request.caller, wildcards.at(0), chunk));
  return JsonResponse(200, base::Json().Set("sealings", std::move(sealings)));
}

Result PostExtension(const Flows& flows, const Request& request, const Wildcards&) {
  const auto level = FindLevel(request.Query("level").value_or("LTA"));
  if (!level || *level == SignatureLevel::kB)
    return base::Error{base::ErrorCode::kInvalidInput, "sign.bad-level", "T, LT or LTA"};
  if (request.body.empty())
    return base::Error{base::ErrorCode::kInvalidInput, "document.empty", "no bytes"};
  if (IsLater(request))
    return Completion(flows, request,
                      {.document = request.body,
                       .target = ReadSelector(request),
                       .level = *level,
                       .issuers = {}});
  ASSIGN_OR_RETURN(base::Bytes result, flows.extend_signature.Run({.document = request.body,
                                                                   .target = ReadSelector(request),
                                                                   .level = *level}));
  return SignedResponse(std::move(result));
}

Result PostEvidenceRecords(const Flows& flows, const Request& request, const Wildcards&) {
  ASSIGN_OR_RETURN(const std::vector<base::Sha256Digest> digests, ReadDigests(request));
  ASSIGN_OR_RETURN(const std::vector<base::Bytes> records, flows.prove_digests.Run(digests));
  base::Json list{base::Json::Array{}};
  for (const base::Bytes& record : records) list.Push(base::Base64Encode(record));
  return JsonResponse(200, base::Json().Set("records", std::move(list)));
}

Result History(const Flows& flows, const Request& request, const std::string& client,
               vault::RecordKind kind) {
  HistoryOrder order{.client = client, .kind = kind, .cursor = request.Query("cursor")};
  if (const auto limit = request.Query("limit"))
    order.limit = NumberOf(*limit).value_or(0);  // Refused below.
  ASSIGN_OR_RETURN(const base::Json page, flows.client_history.Run(ReadingOf(request), order));
  return JsonResponse(200, page);
}

Result GetHistory(const Flows& flows, const Request& request, const Wildcards& wildcards) {
  return History(flows, request, wildcards.at(0), vault::RecordKind::kDocument);
}

Result GetAccesses(const Flows& flows, const Request& request, const Wildcards& wildcards) {
  return History(flows, request, wildcards.at(0), vault::RecordKind::kAccess);
}

Result GetCheckpoint(const Flows& flows, const Request&, const Wildcards&) {
  ASSIGN_OR_RETURN(const auto checkpoint, flows.publish_checkpoint.Covering(1));
  return TextResponse(checkpoint.note);
}

Result GetLogKey(const Flows& flows, const Request&, const Wildcards&) {
  ASSIGN_OR_RETURN(const std::string key, flows.vault_keys.CheckpointVerifierKey());
  return TextResponse(key + "\n");
}

// Nothing in a tile changes once it is there.
Response TileResponse(base::Bytes bytes) {
  Response response{.status = 200,
                    .content_type = "application/octet-stream",
                    .headers = {},
                    .body = std::move(bytes)};
  response.headers["Cache-Control"] = "private, max-age=31536000, immutable";
  return response;
}

base::Error NoTile(const std::string& path) {
  return {base::ErrorCode::kNotFound, "tile.unknown", path};
}

Result GetTile(const Flows& flows, const Request&, const Wildcards& wildcards) {
  const auto named = vault::ParseTilePath(wildcards.at(0));
  if (!named || named->is_entries) return NoTile(wildcards.at(0));
  ASSIGN_OR_RETURN(base::Bytes hashes, flows.ledger.TileHashes(named->tile));
  return TileResponse(std::move(hashes));
}

// Entries name clients by random ids, which an agency could follow to other agencies' documents.
Result GetEntries(const Flows& flows, const Request&, const Wildcards& wildcards) {
  const auto named = vault::ParseTilePath("entries/" + wildcards.at(0));
  if (!named) return NoTile(wildcards.at(0));
  ASSIGN_OR_RETURN(base::Bytes entries, flows.ledger.TileEntries(named->tile));
  return TileResponse(std::move(entries));
}

// RFC 6962, 2.1.2: that the tree of `second` entries was grown from that of `first`.
Result GetLogProof(const Flows& flows, const Request& request, const Wildcards&) {
  const auto first = NumberOf(request.Query("first").value_or(""));
  const auto second = NumberOf(request.Query("second").value_or(""));
  if (!first || !second)
    return base::Error{base::ErrorCode::kInvalidInput, "proof.out-of-range", "two sizes"};
  ASSIGN_OR_RETURN(const auto proof, flows.ledger.ConsistencyProof(*first, *second));
  base::Json::Array hashes;
  for (const base::Sha256Digest& hash : proof) hashes.emplace_back(base::Base64Encode(hash.span()));
  base::Json json;
  json.Set("first", static_cast<std::int64_t>(*first));
  json.Set("second", static_cast<std::int64_t>(*second));
  json.Set("consistency", std::move(hashes));
  return JsonResponse(200, json);
}

Result GetLogStatus(const Flows& flows, const Request& request, const Wildcards&) {
  ASSIGN_OR_RETURN(const vault::TreeHead head, flows.ledger.Head());
  const auto newest = flows.ledger.LatestCheckpoint();
  base::Json json;
  json.Set("entries", static_cast<std::int64_t>(head.size));
  json.Set("checkpoint",
           newest.ok() ? base::Json(static_cast<std::int64_t>(newest.value().size)) : base::Json());
  json.Set("endorsement", flows.endorse_checkpoint.Report(request.language()));
  json.Set("scrub", flows.scrub.Report(request.language()));
  return JsonResponse(200, json);
}

Result GetTrust(const Flows& flows, const Request& request, const Wildcards&) {
  ASSIGN_OR_RETURN(const base::Json report, flows.trust_status.Report(request.language()));
  return JsonResponse(200, report);
}

Result PostTrustFetch(const Flows& flows, const Request&, const Wildcards&) {
  ASSIGN_OR_RETURN(const base::Json imported, flows.fetch_trust.Run());
  return JsonResponse(200, imported);
}

// ---- The Cloud Signature Consortium's interface, whose errors have a form of their own. ----

template <typename Work>
Result Csc(const Flows& flows, const Request& request, const Work& work) {
  if (!flows.csc)
    return base::Error{base::ErrorCode::kNotFound, "http.no-such-path", "there is no [csc]"};
  const Result answer = work();
  return answer.ok() ? answer.value() : CscProblem(answer.error(), request);
}
Result PostCscInfo(const Flows& flows, const Request& request, const Wildcards&) {
  return Csc(flows, request, [&] { return CscInfo(*flows.csc, request); });
}
Result PostCscList(const Flows& flows, const Request& request, const Wildcards&) {
  return Csc(flows, request, [&] { return CscList(flows.remote_signing, request); });
}
Result PostCscCredential(const Flows& flows, const Request& request, const Wildcards&) {
  return Csc(flows, request, [&] { return CscCredential(flows.remote_signing, request); });
}
Result PostCscAuthorize(const Flows& flows, const Request& request, const Wildcards&) {
  return Csc(flows, request,
             [&] { return CscAuthorize(flows.remote_signing, flows.clock, request); });
}
Result PostCscSignHash(const Flows& flows, const Request& request, const Wildcards&) {
  return Csc(flows, request, [&] { return CscSignHash(flows.remote_signing, request); });
}

Result PostErasures(const Flows& flows, const Request& request, const Wildcards&) {
  return PostErasure(flows.erase_records, request);
}

Result PostBackups(const Flows& flows, const Request&, const Wildcards&) {
  return PostBackup(flows.backups);
}

Result GetBackups(const Flows& flows, const Request& request, const Wildcards& wildcards) {
  return GetBackup(flows.backups, wildcards.at(0), WaitOf(request));
}

// ---- The table. ----

// Who may call a route; the flows decide on.
enum class Who { kAll, kBodies, kAgencies, kOperators, kAuditors };

bool MayCall(Who who, CallerRole role) {
  switch (who) {
    case Who::kAll: return true;
    case Who::kBodies: return role == CallerRole::kAgency || role == CallerRole::kPlatform;
    case Who::kAgencies: return role == CallerRole::kAgency;
    case Who::kOperators: return role == CallerRole::kOperator;
    case Who::kAuditors: return role == CallerRole::kAuditor;
  }
  return false;
}

enum class Body { kNone, kSmall, kMedium, kList, kDocument };
constexpr std::size_t kSmallBody = 4096;
constexpr std::size_t kMediumBody = std::size_t{64} * 1024;
// Lists are taken apart in memory, into many times their size. 10,000 items are 2 to 4 MiB.
constexpr std::size_t kListBody = std::size_t{8} << 20U;

struct Route {
  std::string_view method;
  std::string_view pattern;  // "*" stands for one segment; "**" at the end for all that are left.
  Body body;
  Who who;
  Result (*answer)(const Flows&, const Request&, const Wildcards&);
};
constexpr std::array<Route, 42> kRoutes{{
    {"GET", "/health/live", Body::kNone, Who::kAll, Live},
    {"GET", "/health/ready", Body::kNone, Who::kAll, Ready},
    {"POST", "/v1/clients/lookup", Body::kSmall, Who::kBodies, LookUpClient},
    {"GET", "/v1/clients/*/history", Body::kNone, Who::kBodies, GetHistory},
    {"GET", "/v1/clients/*/accesses", Body::kNone, Who::kBodies, GetAccesses},
    {"POST", "/v1/documents", Body::kDocument, Who::kAgencies, PostDocument},
    {"GET", "/v1/documents/*", Body::kNone, Who::kBodies, GetDocument},
    {"GET", "/v1/documents/*/content", Body::kNone, Who::kBodies, GetContent},
    {"GET", "/v1/documents/*/receipt", Body::kNone, Who::kBodies, GetReceipt},
    {"GET", "/v1/documents/*/verification", Body::kNone, Who::kBodies, GetVerification},
    {"POST", "/v1/uploads", Body::kSmall, Who::kAgencies, PostUpload},
    {"HEAD", "/v1/uploads/*", Body::kNone, Who::kAgencies, HeadUpload},
    {"PATCH", "/v1/uploads/*", Body::kDocument, Who::kAgencies, PatchUpload},
    {"DELETE", "/v1/uploads/*", Body::kNone, Who::kAgencies, DeleteUpload},
    {"POST", "/v1/uploads/*/complete", Body::kNone, Who::kAgencies, PostUploadComplete},
    {"POST", "/v1/signatures", Body::kDocument, Who::kAgencies, PostSignature},
    {"POST", "/v1/signatures/prepare", Body::kDocument, Who::kAgencies, PostPreparation},
    {"POST", "/v1/signatures/*/complete", Body::kSmall, Who::kAgencies, PostCompletion},
    {"POST", "/v1/signatures/extend", Body::kDocument, Who::kAgencies, PostExtension},
    {"GET", "/v1/completions/*", Body::kNone, Who::kAgencies, GetCompletion},
    {"GET", "/v1/completions/*/document", Body::kNone, Who::kAgencies, GetCompletionDocument},
    {"POST", "/v1/batches", Body::kList, Who::kAgencies, PostBatch},
    {"GET", "/v1/batches/*", Body::kNone, Who::kAgencies, GetBatch},
    {"GET", "/v1/batches/*/signatures", Body::kNone, Who::kAgencies, GetBatchSignatures},
    {"GET", "/v1/batches/*/sealings", Body::kNone, Who::kAgencies, GetBatchSealings},
    {"POST", "/v1/evidence-records", Body::kDocument, Who::kAgencies, PostEvidenceRecords},
    {"POST", "/v1/erasures", Body::kList, Who::kOperators, PostErasures},
    {"POST", "/v1/backups", Body::kNone, Who::kOperators, PostBackups},
    {"GET", "/v1/backups/*", Body::kNone, Who::kOperators, GetBackups},
    {"POST", "/csc/v2/info", Body::kMedium, Who::kAgencies, PostCscInfo},
    {"POST", "/csc/v2/credentials/list", Body::kMedium, Who::kAgencies, PostCscList},
    {"POST", "/csc/v2/credentials/info", Body::kMedium, Who::kAgencies, PostCscCredential},
    {"POST", "/csc/v2/credentials/authorize", Body::kMedium, Who::kAgencies, PostCscAuthorize},
    {"POST", "/csc/v2/signatures/signHash", Body::kMedium, Who::kAgencies, PostCscSignHash},
    {"GET", "/v1/trust", Body::kNone, Who::kAll, GetTrust},
    {"POST", "/v1/trust/fetch", Body::kNone, Who::kOperators, PostTrustFetch},
    {"GET", "/v1/log/checkpoint", Body::kNone, Who::kAll, GetCheckpoint},
    {"GET", "/v1/log/key", Body::kNone, Who::kAll, GetLogKey},
    {"GET", "/v1/log/proof", Body::kNone, Who::kAll, GetLogProof},
    {"GET", "/v1/log/status", Body::kNone, Who::kAll, GetLogStatus},
    {"GET", "/v1/log/tile/entries/**", Body::kNone, Who::kAuditors, GetEntries},
    {"GET", "/v1/log/tile/**", Body::kNone, Who::kAll, GetTile},
}};

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // The slash.
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

std::optional<Wildcards> Match(std::string_view pattern, std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  const auto wanted = Split(pattern);
  auto given = Split(path);
  std::string rest;
  if (wanted.back() == "**") {
    for (std::size_t i = wanted.size() - 1; i < given.size(); ++i)
      rest += (rest.empty() ? "" : "/") + std::string(given[i]);
    if (given.size() >= wanted.size()) given.resize(wanted.size());
  }
  if (wanted.size() != given.size()) return std::nullopt;
  Wildcards wildcards;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == "**") {
      wildcards.push_back(rest);
    } else if (wanted[i] == "*") {
      wildcards.emplace_back(given[i]);
    } else if (wanted[i] != given[i]) {
      return std::nullopt;
    }
  }
  return wildcards;
}

struct Matched {
  const Route* route;
  Wildcards wildcards;
};
base::Result<Matched> FindRoute(const Request& request) {
  bool path_exists = false;
  for (const Route& route : kRoutes) {
    auto wildcards = Match(route.pattern, request.path);
    if (!wildcards) continue;
    path_exists = true;
    if (route.method != request.method) continue;
    if (!MayCall(route.who, request.caller.role))
      return base::Error{base::ErrorCode::kDenied, "caller.wrong-role", request.caller.name};
    return Matched{&route, std::move(*wildcards)};
  }
  if (path_exists)
    return base::Error{base::ErrorCode::kInvalidInput, "http.method-not-allowed", request.method};
  return base::Error{base::ErrorCode::kNotFound, "http.no-such-path", "no such path"};
}

Result Dispatch(const Flows& flows, const Request& request) {
  ASSIGN_OR_RETURN(const Matched matched, FindRoute(request));
  return matched.route->answer(flows, request, matched.wildcards);
}

}  // namespace

base::Result<std::size_t> Admit(const Request& request, std::size_t document_bytes) {
  ASSIGN_OR_RETURN(const Matched matched, FindRoute(request));
  switch (matched.route->body) {
    case Body::kNone: return std::size_t{0};
    case Body::kSmall: return kSmallBody;
    case Body::kMedium: return kMediumBody;
    case Body::kList: return std::min(kListBody, document_bytes);
    case Body::kDocument: return document_bytes;
  }
  return std::size_t{0};
}

Response Answer(const Flows& flows, const Request& request) {
  Result result = Dispatch(flows, request);
  if (result.ok()) return std::move(result).value();
  return Problem(result.error(), request);
}

}  // namespace api
