#include "hsm/ceremony.h"

#include "base/base64.h"
#include "base/digest.h"
#include "base/random.h"
#include "hsm/ceremony_guard.h"
#include "hsm/jws.h"

namespace hsm {
namespace {

using base::Json;

constexpr std::size_t kNonceBytes = 18;

std::string DigestOf(const Json& json) {
  return base::HexEncode(base::Sha256(base::AsBytes(json.Dump())).bytes);
}

}  // namespace

CeremonyAct ToCreate(const KeyLabel& key, KeyKind kind) {
  return {.action = "create", .key = key, .kind = std::string(NameOf(kind))};
}

CeremonyAct ToRequest(const KeyLabel& key, const CertificateSubject& subject) {
  return {.action = "request",
          .key = key,
          .sha256 = DigestOf(Json()
                                 .Set("commonName", subject.common_name)
                                 .Set("organization", subject.organization)
                                 .Set("organizationIdentifier", subject.organization_identifier)
                                 .Set("country", subject.country))};
}

CeremonyAct ToImport(const KeyLabel& key, base::ByteSpan certificate,
                     const std::vector<base::Bytes>& chain) {
  Json issuers{Json::Array{}};
  for (const base::Bytes& issuer : chain) issuers.Push(base::Base64Encode(issuer));
  return {.action = "import",
          .key = key,
          .sha256 = DigestOf(Json()
                                 .Set("certificate", base::Base64Encode(certificate))
                                 .Set("chain", std::move(issuers)))};
}

CeremonyAct ToRotate(const KeyLabel& key, const KeyLabel& successor) {
  return {.action = "rotate", .key = key, .other = successor.text};
}

CeremonyAct ToRetire(const KeyLabel& key, const KeyLabel& successor) {
  return {.action = "retire", .key = key, .other = successor.text};
}

CeremonyAct ToDestroy(const KeyLabel& key) {
  return {.action = "destroy", .key = key};
}

CeremonyAct ToShare(ShareCounts counts) {
  return {.action = "share",
          .key = {},
          .kind = std::to_string(counts.needed) + "-of-" + std::to_string(counts.all)};
}

CeremonyAct ToTransfer(std::string_view set) {
  return {.action = "transfer", .key = {}, .other = std::string(set)};
}

CeremonyAct ToErase(const base::Sha256Digest& records) {
  return {.action = "erase", .key = {}, .sha256 = base::HexEncode(records.bytes)};
}

CeremonyOrder NewOrder(std::string vault, std::string token, CeremonyAct act, base::Time expires) {
  return {.vault = std::move(vault),
          .token = std::move(token),
          .act = std::move(act),
          .nonce = base::Base64UrlEncode(base::RandomBytes(kNonceBytes)),
          .expires = expires};
}

Json ToJson(const CeremonyOrder& order) {
  return Json()
      .Set("aud", order.vault)
      .Set("token", order.token)
      .Set("act", order.act.action)
      .Set("key", order.act.key.text)
      .Set("kind", order.act.kind)
      .Set("other", order.act.other)
      .Set("sha256", order.act.sha256)
      .Set("jti", order.nonce)
      .Set("exp", std::int64_t{order.expires.time_since_epoch().count()});
}

base::Result<CeremonyOrder> CeremonyOrderFrom(const Json& json) {
  const auto text = [&](std::string_view name) { return json.Text(name).value_or(""); };
  CeremonyOrder order{
      .vault = text("aud"),
      .token = text("token"),
      .act = {text("act"), {text("key")}, text("kind"), text("other"), text("sha256")},
      .nonce = text("jti"),
      .expires = base::Time(std::chrono::seconds(json.Integer("exp").value_or(0)))};
  // Written again it must be the same: nothing missing, nothing unknown.
  if (ToJson(order) == json && IsNonce(order.nonce)) return order;
  return base::Error{base::ErrorCode::kInvalidInput, "ceremony.malformed", "not an order"};
}

base::Result<std::string> ApproveOrder(const CeremonyOrder& order,
                                       const base::Secret& private_pem) {
  return SignJws(kCeremonyType, ToJson(order), private_pem);
}

}  // namespace hsm
