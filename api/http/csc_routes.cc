#include "api/http/csc_routes.h"

#include <algorithm>
#include <array>

#include "base/base64.h"

namespace api {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

constexpr std::string_view kSha256 = "2.16.840.1.101.3.4.2.1";
constexpr std::string_view kSha384 = "2.16.840.1.101.3.4.2.2";
constexpr std::string_view kSha512 = "2.16.840.1.101.3.4.2.3";
constexpr const char* kFactor = "approval";
// A blank square: v2 wants a logo, and ours is the agency's affair.
constexpr const char* kLogo =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/%3E";

struct SignAlgorithm {
  std::string_view oid;   // signAlgo.
  std::string_view hash;  // hashAlgorithmOID.
  bool says_hash;         // Whether `oid` says so itself (RFC 3279; RFC 5758, 3.2).
  hsm::SignatureAlgorithm algorithm;
  std::string_view curve;  // OID; empty: RSA.
};
constexpr auto kAlgorithms = std::to_array<SignAlgorithm>({
    {"1.2.840.113549.1.1.11", kSha256, true, hsm::SignatureAlgorithm::kRsaSha256, ""},
    {"1.2.840.113549.1.1.1", kSha256, false, hsm::SignatureAlgorithm::kRsaSha256, ""},
    {"1.2.840.113549.1.1.10", kSha256, false, hsm::SignatureAlgorithm::kRsaPssSha256, ""},
    {"1.2.840.10045.4.3.2", kSha256, true, hsm::SignatureAlgorithm::kEcdsaSha256,
     "1.2.840.10045.3.1.7"},
    {"1.2.840.10045.4.3.3", kSha384, true, hsm::SignatureAlgorithm::kEcdsaSha384, "1.3.132.0.34"},
    {"1.2.840.10045.4.3.4", kSha512, true, hsm::SignatureAlgorithm::kEcdsaSha512, "1.3.132.0.35"},
});

// DER of what goes with signAlgo, hexadecimal. NULL, or nothing (RFC 4055, 2.1; RFC 5758, 3.2); of
// PSS: SHA-256, MGF1 with SHA-256, 32 bytes of salt (RFC 4055, 3.1), its digests with NULL or
// without.
constexpr std::string_view kNull = "0500";
constexpr std::array<std::string_view, 2> kPss{
    "3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d0609608648016503040201"
    "0500a203020120",
    "3030a00d300b0609608648016503040201a11a301806092a864886f70d010108300b0609608648016503040201a203"
    "020120"};

bool AreParametersOf(hsm::SignatureAlgorithm algorithm, const std::string& parameters) {
  if (algorithm != hsm::SignatureAlgorithm::kRsaPssSha256) return parameters == kNull;
  return std::ranges::find(kPss, parameters) != kPss.end();
}

Error Bad(std::string what) {
  return {ErrorCode::kInvalidInput, "csc.malformed", std::move(what)};
}

base::Result<Json> BodyOf(const Request& request) {
  if (request.body.empty()) return Json(Json::Object{});
  auto json = Json::Parse(base::AsText(request.body));
  if (!json.ok() || json.value().AsObject() == nullptr) return Bad("the body is no JSON object");
  return json;
}

base::Result<std::string> TextIn(const Json& body, const char* name) {
  const auto text = body.Text(name);
  if (!text || text->empty()) return Bad(std::string("missing or invalid string ") + name);
  return *text;
}

bool Flag(const Json& body, const char* name, bool otherwise) {
  const Json* member = body.Find(name);
  return member != nullptr && member->AsBool() != nullptr ? *member->AsBool() : otherwise;
}

base::Result<std::vector<base::Bytes>> HashesIn(const Json& body) {
  const Json* list = body.Find("hashes");
  if (list == nullptr || list->AsArray() == nullptr || list->AsArray()->empty() ||
      list->AsArray()->size() > hsm::SealBatch::kMost)
    return Bad("hashes is a list of 1 to 256");
  std::vector<base::Bytes> hashes;
  for (const Json& one : *list->AsArray()) {
    auto hash = base::Base64Decode(one.AsString() == nullptr ? "" : *one.AsString());
    if (!hash || hash->empty()) return Bad("a hash is base64");
    hashes.push_back(*std::move(hash));
  }
  return hashes;
}

// "none", "single" or "chain".
base::Result<Json> CertificatesIn(const Json& body, const hsm::SealingCertificate& certificate) {
  const std::string wanted = body.Text("certificates").value_or("single");
  Json list{Json::Array{}};
  if (wanted != "none" && wanted != "single" && wanted != "chain") return Bad("certificates");
  if (wanted != "none") list.Push(base::Base64Encode(certificate.der));
  if (wanted == "chain")
    for (const base::Bytes& issuer : certificate.chain) list.Push(base::Base64Encode(issuer));
  return list;
}

Json AlgorithmsOf(const CertificateFacts& facts) {
  Json oids{Json::Array{}};
  for (const SignAlgorithm& one : kAlgorithms)
    if (one.curve == facts.curve) oids.Push(one.oid);
  return oids;
}

Json AuthOf() {
  return Json()
      .Set("mode", "explicit")
      .Set("expression", kFactor)
      .Set("objects", Json(Json::Array{Json()
                                           .Set("type", "Password")
                                           .Set("id", kFactor)
                                           .Set("format", "A")
                                           .Set("label", "Approval")
                                           .Set("description",
                                                "JWS by the agency's request key over exactly "
                                                "these hashes")}));
}

base::Result<Json> CredentialJson(const RemoteSigning::Credential& credential, const Json& body) {
  const CertificateFacts& facts = credential.facts;
  Json key;
  key.Set("status", "enabled").Set("algo", AlgorithmsOf(facts)).Set("len", facts.bits);
  if (!facts.curve.empty()) key.Set("curve", facts.curve);
  ASSIGN_OR_RETURN(Json certificates, CertificatesIn(body, credential.certificate));
  Json cert;
  cert.Set("status", facts.in_time ? "valid" : "expired");
  if (!certificates.AsArray()->empty()) cert.Set("certificates", std::move(certificates));
  if (Flag(body, "certInfo", false))
    cert.Set("issuerDN", facts.issuer)
        .Set("serialNumber", facts.serial)
        .Set("subjectDN", facts.subject)
        .Set("validFrom", facts.valid_from)
        .Set("validTo", facts.valid_to);
  Json json;
  json.Set("key", std::move(key)).Set("cert", std::move(cert));
  if (Flag(body, "authInfo", false)) json.Set("auth", AuthOf());
  return json.Set("SCAL", "2").Set("multisign", hsm::SealBatch::kMost);
}

base::Result<hsm::SignatureAlgorithm> AlgorithmIn(const Json& body) {
  ASSIGN_OR_RETURN(const std::string oid, TextIn(body, "signAlgo"));
  const auto row = std::ranges::find(kAlgorithms, oid, &SignAlgorithm::oid);
  if (row == kAlgorithms.end()) return Bad("signAlgo " + oid);
  const auto hash = body.Text("hashAlgorithmOID");
  if (hash ? *hash != row->hash : !row->says_hash) return Bad("hashAlgorithmOID");
  // We sign with these alone: a caller that means others would get what does not verify for it.
  if (const auto parameters = body.Text("signAlgoParams")) {
    const auto der = base::Base64Decode(*parameters);
    if (!der || !AreParametersOf(row->algorithm, base::HexEncode(*der)))
      return Bad("signAlgoParams");
  }
  return row->algorithm;
}

}  // namespace

base::Result<Response> CscInfo(const CscService& service, const Request& request) {
  RETURN_IF_ERROR(BodyOf(request));
  Json algorithms{Json::Array{}};
  for (const SignAlgorithm& one : kAlgorithms) algorithms.Push(one.oid);
  return JsonResponse(
      200, Json()
               .Set("specs", "2.0.0.2")
               .Set("name", service.name)
               .Set("logo", kLogo)
               .Set("region", service.region)
               .Set("lang", request.language() == base::Language::kLatvian ? "lv" : "en")
               .Set("description", "Hashes approved by an agency's request key, signed in its HSM")
               .Set("authType", Json(Json::Array{"TLS"}))
               .Set("asynchronousOperationMode", false)
               .Set("methods", Json(Json::Array{"credentials/list", "credentials/info",
                                                "credentials/authorize", "signatures/signHash"}))
               .Set("signAlgorithms", Json().Set("algos", std::move(algorithms))));
}

base::Result<Response> CscList(const RemoteSigning& signing, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, BodyOf(request));
  // The caller is known by its certificate: it cannot be somebody else.
  if (body.Text("userID").value_or(request.caller.name) != request.caller.name)
    return Bad("userID is not the caller's");
  const bool only_valid = Flag(body, "onlyValid", false);
  const bool with_info = Flag(body, "credentialInfo", false);
  Json ids{Json::Array{}};
  Json infos{Json::Array{}};
  for (const std::string& label : signing.List(request.caller)) {
    const auto credential = signing.Find(request.caller, label);
    if (!credential.ok() && credential.error().code == ErrorCode::kNotFound) continue;
    if (!credential.ok()) return credential.error();
    if (only_valid && !credential.value().facts.in_time) continue;
    ids.Push(label);
    ASSIGN_OR_RETURN(const Json info, CredentialJson(credential.value(), body));
    Json with_id;
    with_id.Set("credentialID", label);
    for (const auto& [name, value] : *info.AsObject()) with_id.Set(name, value);
    infos.Push(std::move(with_id));
  }
  Json answer;
  answer.Set("credentialIDs", std::move(ids));
  if (with_info) answer.Set("credentialInfos", std::move(infos));
  if (only_valid) answer.Set("onlyValid", true);
  return JsonResponse(200, answer);
}

base::Result<Response> CscCredential(const RemoteSigning& signing, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, BodyOf(request));
  ASSIGN_OR_RETURN(const std::string id, TextIn(body, "credentialID"));
  ASSIGN_OR_RETURN(const auto credential, signing.Find(request.caller, id));
  ASSIGN_OR_RETURN(const Json info, CredentialJson(credential, body));
  return JsonResponse(200, info);
}

base::Result<Response> CscAuthorize(const RemoteSigning& signing, const base::Clock& clock,
                                    const Request& request) {
  ASSIGN_OR_RETURN(const Json body, BodyOf(request));
  RemoteSigning::Order order;
  ASSIGN_OR_RETURN(order.key, TextIn(body, "credentialID"));
  ASSIGN_OR_RETURN(order.hashes, HashesIn(body));
  const auto count = body.Integer("numSignatures");
  if (count != static_cast<std::int64_t>(order.hashes.size()))
    return Bad("numSignatures is the number of hashes");
  const Json* factors = body.Find("authData");
  if (factors == nullptr || factors->AsArray() == nullptr) return Bad("authData");
  for (const Json& factor : *factors->AsArray())
    if (factor.Text("id").value_or("") == kFactor)
      order.approval = factor.Text("value").value_or("");
  ASSIGN_OR_RETURN(const base::Time expires, signing.Check(request.caller, order));
  return JsonResponse(200, Json()
                               .Set("SAD", order.approval)
                               .Set("expiresIn", std::int64_t{(expires - clock.Now()).count()}));
}

base::Result<Response> CscSignHash(RemoteSigning& signing, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, BodyOf(request));
  RemoteSigning::Order order;
  ASSIGN_OR_RETURN(order.key, TextIn(body, "credentialID"));
  ASSIGN_OR_RETURN(order.approval, TextIn(body, "SAD"));
  ASSIGN_OR_RETURN(order.hashes, HashesIn(body));
  if (body.Text("operationMode").value_or("S") != "S") return Bad("operationMode is S");
  ASSIGN_OR_RETURN(const hsm::SignatureAlgorithm algorithm, AlgorithmIn(body));
  ASSIGN_OR_RETURN(const auto values, signing.Sign(request.caller, order, algorithm));
  Json signatures{Json::Array{}};
  for (const base::Bytes& value : values) signatures.Push(base::Base64Encode(value));
  return JsonResponse(200, Json().Set("signatures", std::move(signatures)));
}

Response CscProblem(const base::Error& error, const Request& request) {
  const Json problem = ProblemJson(error, request.language());
  const bool away = error.code == ErrorCode::kUnavailable;
  const bool ours = error.code == ErrorCode::kInternal || error.code == ErrorCode::kCorrupted ||
                    error.code == ErrorCode::kOutcomeUnknown;
  const std::string detail = problem.Text("detail").value_or("");
  return JsonResponse(
      away   ? 503
      : ours ? 500
             : 400,
      Json()
          .Set("error", away   ? "temporarily_unavailable"
                        : ours ? "server_error"
                               : "invalid_request")
          .Set("error_description", error.reason + ": " + problem.Text("title").value_or("") +
                                        (detail.empty() ? "" : " (" + detail + ")")));
}

}  // namespace api
