#include "api/inspector.h"
#include "api/inspector_words.h"
#include "base/base64.h"
#include "base/bulk_call.h"

namespace api {
namespace {

constexpr std::chrono::seconds kPatience{30};
// What the inspector may answer with: a report, a list, or a few certificates.
constexpr base::BulkLimits kReport{kPatience, std::size_t{16} << 20U};
constexpr base::BulkLimits kImport{std::chrono::minutes{3}, std::size_t{16} << 20U};
constexpr base::BulkLimits kEvidence{kPatience, std::size_t{1} << 20U};

base::Json OrderFor(std::string_view work) {
  base::Json order;
  order.Set("work", work);
  return order;
}

base::Error Nonsense() {
  return {base::ErrorCode::kInternal, "channel.malformed", "the inspector answered nonsense"};
}

base::Result<base::Bytes> BinaryMember(const base::Json& json, std::string_view name) {
  const auto bytes = base::Base64Decode(json.Text(name).value_or("="));
  if (!bytes) return Nonsense();
  return *bytes;
}

base::Result<std::vector<base::Bytes>> BinaryList(const base::Json& json, std::string_view name) {
  const base::Json* list = json.Find(name);
  if (list == nullptr || list->AsArray() == nullptr) return Nonsense();
  std::vector<base::Bytes> items;
  for (const base::Json& item : *list->AsArray()) {
    const auto bytes = base::Base64Decode(item.AsString() != nullptr ? *item.AsString() : "=");
    if (!bytes) return Nonsense();
    items.push_back(*bytes);
  }
  return items;
}

base::Time TimeMember(const base::Json& json, std::string_view name) {
  return base::Time(std::chrono::seconds(json.Integer(name).value_or(0)));
}

// For a document that comes back with something more in it.
base::BulkLimits GrownFrom(std::size_t size) {
  return {kPatience, size + kReport.max_answer};
}

std::int64_t Seconds(base::Time time) {
  return std::int64_t{time.time_since_epoch().count()};
}

}  // namespace

base::Result<base::Json> InspectorClient::Verify(base::ByteSpan document,
                                                 const VerifyOrder& order) {
  base::Json json = OrderFor("verify");
  json.Set("name", order.name);
  json.Set("policy", order.policy);
  json.Set("at", Seconds(order.at));
  json.Set("digests", ToJson(order.digests));
  json.Set("language", order.language == base::Language::kLatvian ? "lv" : "en");
  ASSIGN_OR_RETURN(const base::Bytes report, base::BulkCall(channel_, json, {document}, kReport));
  return base::Json::Parse(base::AsText(report));
}

base::Result<signing::SigningPlace> InspectorClient::FindSigningPlace(
    const signing::SigningOrder& order) {
  base::Json json = OrderFor("find-signing-place");
  json.Set("order", ToJson(order));
  ASSIGN_OR_RETURN(const base::Bytes answer,
                   base::BulkCall(channel_, json, {order.document}, kReport));
  ASSIGN_OR_RETURN(const base::Json place, base::Json::Parse(base::AsText(answer)));
  return PlaceFrom(place);
}

base::Result<std::vector<base::Result<signing::SigningPlace>>> InspectorClient::FindSigningPlaces(
    const signing::SigningOrder& shared,
    const std::vector<std::vector<signing::DocumentDigest>>& documents) {
  base::Json list{base::Json::Array{}};
  for (const auto& one : documents) list.Push(ToJson(one));
  base::Json json = OrderFor("find-signing-places");
  json.Set("order", ToJson(shared));
  ASSIGN_OR_RETURN(const base::Bytes answer,
                   base::BulkCall(channel_, json, {base::AsBytes(list.Dump())}, kReport));
  ASSIGN_OR_RETURN(const base::Json answers, base::Json::Parse(base::AsText(answer)));
  if (answers.AsArray() == nullptr || answers.AsArray()->size() != documents.size())
    return Nonsense();
  std::vector<base::Result<signing::SigningPlace>> places;
  for (const base::Json& one : *answers.AsArray()) {
    const base::Json* error = one.Find("error");
    places.push_back(error == nullptr ? PlaceFrom(one) : base::ErrorFromJson(*error));
  }
  return places;
}

base::Result<std::vector<base::Status>> InspectorClient::Judge(
    const std::vector<MadeSignature>& made, base::Time at) {
  base::Json expectations{base::Json::Array{}};
  base::Bytes signatures;
  for (const MadeSignature& one : made) {
    base::Json expected = ToJson(one.expected);
    expected.Set("size", one.xml.size());
    expectations.Push(std::move(expected));
    base::Append(one.xml, signatures);
  }
  base::Json json = OrderFor("judge");
  json.Set("at", Seconds(at));
  ASSIGN_OR_RETURN(
      const base::Bytes answer,
      base::BulkCall(channel_, json, {base::AsBytes(expectations.Dump()), signatures}, kReport));
  ASSIGN_OR_RETURN(const base::Json answers, base::Json::Parse(base::AsText(answer)));
  if (answers.AsArray() == nullptr || answers.AsArray()->size() != made.size()) return Nonsense();
  std::vector<base::Status> statuses;
  for (const base::Json& one : *answers.AsArray()) {
    const base::Json* error = one.Find("error");
    const base::Json* released = one.Find("released");
    const bool good = released != nullptr && released->AsBool() != nullptr && *released->AsBool();
    if (error != nullptr)
      statuses.emplace_back(base::ErrorFromJson(*error));
    else if (good)
      statuses.emplace_back(base::Ok());
    else
      return Nonsense();
  }
  return statuses;
}

base::Result<base::Bytes> InspectorClient::PutSignature(const signing::SigningOrder& order,
                                                        const signing::SignatureSelector& place,
                                                        const std::string& signature) {
  base::Json json = OrderFor("put-signature");
  json.Set("order", ToJson(order));
  json.Set("place", ToJson(place));
  return base::BulkCall(channel_, json, {order.document, base::AsBytes(signature)},
                        GrownFrom(order.document.size() + signature.size()));
}

base::Result<hsm::SignatureAlgorithm> InspectorClient::ReadSigner(
    base::ByteSpan certificate, std::optional<hsm::SignatureAlgorithm> asked, base::Time now) {
  base::Json json = OrderFor("read-signer");
  json.Set("algorithm", asked ? hsm::AlgorithmName(*asked) : "");
  json.Set("now", Seconds(now));
  ASSIGN_OR_RETURN(const base::Bytes answer,
                   base::BulkCall(channel_, json, {certificate}, kEvidence));
  const auto algorithm = hsm::FindAlgorithm(base::AsText(answer));
  if (!algorithm) return Nonsense();
  return *algorithm;
}

base::Result<bool> InspectorClient::IsSignedBy(base::ByteSpan certificate,
                                               hsm::SignatureAlgorithm algorithm,
                                               base::ByteSpan data, base::ByteSpan value) {
  base::Json json = OrderFor("is-signed-by");
  json.Set("algorithm", hsm::AlgorithmName(algorithm));
  ASSIGN_OR_RETURN(const base::Bytes answer,
                   base::BulkCall(channel_, json, {certificate, data, value}, kEvidence));
  return answer == base::Bytes{1};
}

base::Result<signing::Extended> InspectorClient::Extend(const signing::ExtensionOrder& order) {
  base::Json json = OrderFor("extend");
  json.Set("order", ToJson(order));
  ASSIGN_OR_RETURN(const base::Bytes packed, base::BulkCall(channel_, json, {order.document},
                                                            GrownFrom(order.document.size())));
  return ExtendedFrom(packed);
}

base::Result<signing::TimestampAnswer> InspectorClient::ReadTimestampResponse(
    base::ByteSpan response, const base::Sha256Digest& imprint, base::ByteSpan nonce) {
  ASSIGN_OR_RETURN(const base::Bytes answer,
                   base::BulkCall(channel_, OrderFor("read-timestamp"),
                                  {response, imprint.bytes, nonce}, kEvidence));
  ASSIGN_OR_RETURN(const base::Json json, base::Json::Parse(base::AsText(answer)));
  signing::TimestampAnswer timestamp;
  ASSIGN_OR_RETURN(timestamp.token, BinaryMember(json, "token"));
  ASSIGN_OR_RETURN(timestamp.certificates, BinaryList(json, "certificates"));
  timestamp.time = TimeMember(json, "time");
  return timestamp;
}

base::Result<signing::OcspAnswer> InspectorClient::ReadOcspResponse(
    base::ByteSpan response, const signing::OcspQuestion& question) {
  base::Json order = OrderFor("read-ocsp");
  order.Set("proven", Seconds(question.proven));
  order.Set("now", Seconds(question.now));
  ASSIGN_OR_RETURN(
      const base::Bytes answer,
      base::BulkCall(channel_, order,
                     {response, question.certificate, question.issuer, question.nonce}, kEvidence));
  ASSIGN_OR_RETURN(const base::Json json, base::Json::Parse(base::AsText(answer)));
  signing::OcspAnswer ocsp;
  ASSIGN_OR_RETURN(ocsp.response, BinaryMember(json, "response"));
  ASSIGN_OR_RETURN(ocsp.certificates, BinaryList(json, "certificates"));
  ocsp.produced_at = TimeMember(json, "producedAt");
  return ocsp;
}

base::Status InspectorClient::ReadCrl(base::ByteSpan crl, const signing::CrlQuestion& question) {
  base::Json order = OrderFor("read-crl");
  order.Set("proven", Seconds(question.proven));
  order.Set("now", Seconds(question.now));
  RETURN_IF_ERROR(
      base::BulkCall(channel_, order, {crl, question.certificate, question.issuer}, kEvidence));
  return base::Ok();
}

base::Result<base::Json> InspectorClient::Trust() {
  ASSIGN_OR_RETURN(const base::Bytes facts,
                   base::BulkCall(channel_, OrderFor("trust"), {}, kReport));
  return base::Json::Parse(base::AsText(facts));
}

base::Result<base::Json> InspectorClient::ImportTrust(const trust::Files& lists) {
  base::Json files = base::Json::Array{};
  base::Bytes bytes;
  for (const trust::File& list : lists) {
    base::Json file;
    file.Set("name", list.name);
    file.Set("size", list.bytes.size());
    files.Push(std::move(file));
    base::Append(list.bytes, bytes);
  }
  base::Json order = OrderFor("import-trust");
  order.Set("files", std::move(files));
  ASSIGN_OR_RETURN(const base::Bytes answer, base::BulkCall(channel_, order, {bytes}, kImport));
  return base::Json::Parse(base::AsText(answer));
}

}  // namespace api
