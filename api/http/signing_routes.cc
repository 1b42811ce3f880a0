#include "api/http/signing_routes.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/flow/sign_document.h"
#include "api/http/content_disposition.h"
#include "base/base64.h"
#include "signing/container_writer.h"
#include "signing/copy_statement.h"

namespace api {
namespace {

using base::Error;
using base::ErrorCode;

Error BadInput(const char* reason, std::string what) {
  return {ErrorCode::kInvalidInput, reason, std::move(what)};
}

base::Result<signing::SignerClaims> ReadClaims(const Request& request) {
  const auto text = [&](const char* name) { return request.Query(name).value_or(""); };
  signing::SignerClaims claims{.role = text("role"),
                               .city = text("city"),
                               .country = text("country"),
                               .commitment = text("commitment"),
                               .policy = text("policy"),
                               .policy_sha256 = {}};
  const auto digest =
      base::ToSha256Digest(base::HexDecode(text("policySha256")).value_or(base::Bytes{}));
  if (claims.policy.empty() != text("policySha256").empty() || (!claims.policy.empty() && !digest))
    return BadInput("claims.malformed", "a policy is its OID and the SHA-256 of its document");
  claims.policy_sha256 = digest.value_or(base::Sha256Digest{});
  return claims;
}

// What is said of a scan; no bytes when the document is none.
base::Result<base::Bytes> StatementFor(const Request& request, const std::string& name,
                                       base::Time now) {
  const auto original = request.Query("copyOf");
  if (!original) return base::Bytes{};
  const auto text = [&](const char* parameter) { return request.Query(parameter).value_or(""); };
  ASSIGN_OR_RETURN(const signing::CopyStatement statement,
                   signing::ReadCopyStatement({.original = *original,
                                               .scanned_by = text("scannedBy"),
                                               .scanned_at = text("scannedAt"),
                                               .shelf = text("shelf"),
                                               .pages = text("pages")},
                                              now));
  return signing::WriteCopyStatement(statement, name, base::Sha256(request.body));
}

}  // namespace

base::Result<std::vector<signing::DocumentDigest>> ReadDocuments(const base::Json& json) {
  const base::Json* list = json.Find("documents");
  if (list == nullptr || list->AsArray() == nullptr || list->AsArray()->empty())
    return BadInput("digests.malformed", "no list of documents");
  std::vector<signing::DocumentDigest> documents;
  for (const base::Json& one : *list->AsArray()) {
    const auto digest = base::ToSha256Digest(
        base::HexDecode(one.Text("sha256").value_or("")).value_or(base::Bytes{}));
    if (!digest) return BadInput("digests.malformed", "sha256 is 64 hexadecimal digits");
    documents.push_back({.name = one.Text("name").value_or(""),
                         .media_type = one.Text("mediaType").value_or("application/octet-stream"),
                         .sha256 = *digest});
  }
  return documents;
}

signing::SignatureSelector ReadSelector(const Request& request) {
  return {.file = request.Query("file").value_or(""), .id = request.Query("id").value_or("")};
}

base::Result<TwoStepSigning::Signer> ReadSigner(const Request& request) {
  constexpr std::size_t kMost = 8;
  TwoStepSigning::Signer signer;
  std::string left = request.Header("edocvault-certificate");
  for (std::size_t count = 0; !left.empty() && count < kMost; ++count) {
    const std::size_t end = std::min(left.find(','), left.size());
    auto der = base::Base64Decode(left.substr(0, end));
    left.erase(0, end + 1);
    if (!der || der->empty()) break;
    if (count == 0)
      signer.certificate = *std::move(der);
    else
      signer.issuers.push_back(*std::move(der));
    if (left.empty()) return signer;
  }
  return BadInput("certificate.malformed", "header Edocvault-Certificate");
}

Response PreparedResponse(const TwoStepSigning::Prepared& prepared) {
  Response response = JsonResponse(
      201,
      base::Json()
          .Set("id", prepared.id)
          .Set("algorithm", hsm::AlgorithmName(prepared.algorithm))
          .Set("dataToSign", base::Base64Encode(base::AsBytes(prepared.signed_info)))
          .Set("sha256", base::HexEncode(base::Sha256(base::AsBytes(prepared.signed_info)).bytes))
          .Set("expires", base::FormatTime(prepared.expires)));
  response.headers["Location"] = "/v1/signatures/" + prepared.id + "/complete";
  return response;
}

base::Result<SealOrder> ReadOrder(const Request& request) {
  const auto level = FindLevel(request.Query("level").value_or("T"));
  if (!level) return BadInput("sign.bad-level", "level is B, T, LT or LTA");
  const auto form = signing::FindSignatureForm(request.Query("form").value_or("container"));
  if (!form)
    return BadInput("sign.bad-form",
                    "form is container, enveloped, enveloping, detached or counter");
  SealOrder order{.key = {request.Query("key").value_or("")}, .level = *level, .form = *form};
  if (const auto algorithm = request.Query("algorithm")) {
    order.algorithm = hsm::FindAlgorithm(*algorithm);
    if (!order.algorithm) return BadInput("seal.other-algorithm", *algorithm);
  }
  ASSIGN_OR_RETURN(order.claims, ReadClaims(request));
  order.countersigned = ReadSelector(request);
  order.approval = request.Header("edocvault-approval");
  return order;
}

base::Result<std::vector<base::Sha256Digest>> ReadDigests(const Request& request) {
  const auto json = base::Json::Parse(base::AsText(request.body));
  const base::Json* list = json.ok() ? json.value().Find("digests") : nullptr;
  if (list == nullptr || list->AsArray() == nullptr)
    return BadInput("digests.malformed", "no list of digests");
  std::vector<base::Sha256Digest> digests;
  for (const base::Json& one : *list->AsArray()) {
    const auto bytes = base::HexDecode(one.AsString() == nullptr ? "" : *one.AsString());
    const auto digest = bytes ? base::ToSha256Digest(*bytes) : std::nullopt;
    if (!digest) return BadInput("digests.malformed", "a digest is 64 hexadecimal digits");
    digests.push_back(*digest);
  }
  return digests;
}

bool IsLater(const Request& request) {
  return request.Query("later").value_or("false") == "true";
}

base::Json ToJson(const std::string& id, const CompletionQueue::Progress& progress,
                  base::Language language) {
  base::Json json;
  json.Set("id", id).Set("level", NameOf(progress.level));
  json.Set("state", !progress.done ? "waiting" : progress.error ? "failed" : "done");
  if (!progress.done && !progress.waiting_for.empty()) json.Set("waitingFor", progress.waiting_for);
  if (progress.error) json.Set("problem", ProblemJson(*progress.error, language));
  return json;
}

base::Result<SealOrder> ReadSealOrder(const Request& request) {
  ASSIGN_OR_RETURN(SealOrder order, ReadOrder(request));
  RETURN_IF_ERROR(RequireOwnKey(request.caller, order.key));
  if (!IsLater(request)) return order;
  if (order.level == SignatureLevel::kB) return BadInput("sign.bad-level", "B is complete");
  if (request.Header("content-type") == kDigestsMediaType)
    return BadInput("sign.needs-documents", "what is completed later is kept until then");
  order.later = std::exchange(order.level, SignatureLevel::kB);
  return order;
}

base::Result<DocumentsToSeal> ToSeal(const Request& request, signing::SignatureForm form,
                                     base::Time now, base::Bytes& written) {
  if (request.body.empty()) return BadInput("document.empty", "no bytes");
  const std::string type = request.Header("content-type");
  if (type == kDigestsMediaType) {
    DocumentsToSeal input;
    const auto json = base::Json::Parse(base::AsText(request.body));
    if (!json.ok()) return BadInput("digests.malformed", "not JSON");
    ASSIGN_OR_RETURN(input.digests, ReadDocuments(json.value()));
    return input;
  }
  if (form == signing::SignatureForm::kDetached)
    return BadInput("digests.malformed", "documents beside the signature are named by digests");
  const bool is_as_given =
      form != signing::SignatureForm::kContainer || type == signing::kAsicMediaType;
  if (is_as_given && request.Query("copyOf"))
    return BadInput("copy.malformed", "a copy is one scan, in a container of ours");
  if (is_as_given) return DocumentsToSeal{.document = request.body, .media_type = type};
  const std::string name = FileNameOf(request.Header("content-disposition")).value_or("");
  ASSIGN_OR_RETURN(const base::Bytes statement, StatementFor(request, name, now));
  signing::ContainerParts parts{
      .documents = {{.name = name, .media_type = type, .bytes = request.body}},
      .signatures = {},
      .modified = now};
  if (!statement.empty())
    parts.documents.push_back({.name = std::string(signing::kCopyStatementName),
                               .media_type = "application/json",
                               .bytes = statement});
  ASSIGN_OR_RETURN(written, signing::WriteContainer(parts));
  return DocumentsToSeal{.document = written};
}

Response SignedResponse(base::Bytes result) {
  const bool is_xml = !result.empty() && result.front() != 'P';  // An archive begins with "PK".
  return {.status = 200,
          .content_type = is_xml ? "application/xml" : std::string(signing::kAsicMediaType),
          .headers = {},
          .body = std::move(result)};
}

}  // namespace api
