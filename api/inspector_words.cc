#include "api/inspector_words.h"

#include "base/base64.h"

namespace api {
namespace {

using base::Json;

base::Error Nonsense() {
  return {base::ErrorCode::kInternal, "channel.malformed", "the inspector's words do not read"};
}

std::string TextOf(const Json* json, std::string_view name) {
  return json == nullptr ? "" : json->Text(name).value_or("");
}

std::int64_t Seconds(base::Time time) {
  return std::int64_t{time.time_since_epoch().count()};
}
base::Time TimeOf(const Json& json, std::string_view name) {
  return base::Time(std::chrono::seconds(json.Integer(name).value_or(0)));
}

std::optional<base::Sha256Digest> DigestOf(const Json* json, std::string_view name) {
  return base::ToSha256Digest(base::HexDecode(TextOf(json, name)).value_or(base::Bytes{}));
}

Json TextList(const std::vector<std::string>& texts) {
  Json list{Json::Array{}};
  for (const std::string& text : texts) list.Push(text);
  return list;
}
std::vector<std::string> TextsOf(const Json& json, std::string_view name) {
  std::vector<std::string> texts;
  const Json* list = json.Find(name);
  if (list == nullptr || list->AsArray() == nullptr) return texts;
  for (const Json& one : *list->AsArray())
    if (one.AsString() != nullptr) texts.push_back(*one.AsString());
  return texts;
}

Json BytesList(const std::vector<base::Bytes>& items) {
  Json list{Json::Array{}};
  for (const base::Bytes& item : items) list.Push(base::Base64Encode(item));
  return list;
}
std::vector<base::Bytes> BytesOf(const Json& json, std::string_view name) {
  std::vector<base::Bytes> items;
  for (const std::string& text : TextsOf(json, name))
    items.push_back(base::Base64Decode(text).value_or(base::Bytes{}));
  return items;
}
base::Bytes OneOf(const Json& json, std::string_view name) {
  return base::Base64Decode(json.Text(name).value_or("")).value_or(base::Bytes{});
}

Json ClaimsToJson(const signing::SignerClaims& claims) {
  return Json()
      .Set("role", claims.role)
      .Set("city", claims.city)
      .Set("country", claims.country)
      .Set("commitment", claims.commitment)
      .Set("policy", claims.policy)
      .Set("policySha256", base::HexEncode(claims.policy_sha256.bytes));
}
signing::SignerClaims ClaimsFrom(const Json* json) {
  return {.role = TextOf(json, "role"),
          .city = TextOf(json, "city"),
          .country = TextOf(json, "country"),
          .commitment = TextOf(json, "commitment"),
          .policy = TextOf(json, "policy"),
          .policy_sha256 = DigestOf(json, "policySha256").value_or(base::Sha256Digest{})};
}

bool IsTrue(const Json& json, std::string_view name) {
  const Json* member = json.Find(name);
  return member != nullptr && member->AsBool() != nullptr && *member->AsBool();
}

Json SurveyToJson(const signing::SignatureSurvey& survey) {
  Json links{Json::Array{}};
  for (const signing::CertificateLink& link : survey.links)
    links.Push(Json()
                   .Set("certificate", base::Base64Encode(link.certificate))
                   .Set("issuer", base::Base64Encode(link.issuer)));
  return Json()
      .Set("signature", ToJson(survey.signature))
      .Set("certificate", base::Base64Encode(survey.certificate))
      .Set("notAfter", Seconds(survey.not_after))
      .Set("hasTimestamp", survey.has_timestamp)
      .Set("proven", Seconds(survey.proven))
      .Set("hasValues", survey.has_values)
      .Set("links", std::move(links))
      .Set("certificates", BytesList(survey.certificates))
      .Set("valueSha256", base::HexEncode(survey.value_sha256.bytes))
      .Set("valueId", survey.value_id);
}
signing::SignatureSurvey SurveyFrom(const Json& json) {
  signing::SignatureSurvey survey;
  survey.signature = SelectorFrom(json.Find("signature"));
  survey.certificate = OneOf(json, "certificate");
  survey.not_after = TimeOf(json, "notAfter");
  survey.has_timestamp = IsTrue(json, "hasTimestamp");
  survey.proven = TimeOf(json, "proven");
  survey.has_values = IsTrue(json, "hasValues");
  if (const Json* links = json.Find("links"); links != nullptr && links->AsArray() != nullptr)
    for (const Json& link : *links->AsArray())
      survey.links.push_back({OneOf(link, "certificate"), OneOf(link, "issuer")});
  survey.certificates = BytesOf(json, "certificates");
  survey.value_sha256 = DigestOf(&json, "valueSha256").value_or(base::Sha256Digest{});
  survey.value_id = json.Text("valueId").value_or("");
  return survey;
}

}  // namespace

Json ToJson(const signing::SignatureSelector& selector) {
  return Json().Set("file", selector.file).Set("id", selector.id);
}
signing::SignatureSelector SelectorFrom(const Json* json) {
  return {.file = TextOf(json, "file"), .id = TextOf(json, "id")};
}

Json ToJson(const std::vector<signing::DocumentDigest>& documents) {
  Json list{Json::Array{}};
  for (const signing::DocumentDigest& one : documents) {
    Json document;  // Named, so that it is moved: a chain of Set() would be copied.
    document.Set("name", one.name)
        .Set("mediaType", one.media_type)
        .Set("sha256", base::HexEncode(one.sha256.bytes))
        .Set("kind", hsm::NameOf(one.kind));
    list.Push(std::move(document));
  }
  return list;
}
base::Result<std::vector<signing::DocumentDigest>> DocumentsFrom(const Json* json) {
  std::vector<signing::DocumentDigest> documents;
  if (json == nullptr || json->AsArray() == nullptr) return Nonsense();
  for (const Json& one : *json->AsArray()) {
    const auto digest = DigestOf(&one, "sha256");
    const auto kind = hsm::FindReferenceKind(TextOf(&one, "kind"));
    if (!digest || !kind) return Nonsense();
    documents.push_back({TextOf(&one, "name"), TextOf(&one, "mediaType"), *digest, *kind});
  }
  return documents;
}

Json ToJson(const signing::SigningOrder& order) {
  return Json()
      .Set("form", signing::NameOf(order.form))
      .Set("digests", ToJson(order.digests))
      .Set("mediaType", order.media_type)
      .Set("countersigned", ToJson(order.countersigned))
      .Set("claims", ClaimsToJson(order.claims))
      .Set("now", Seconds(order.now));
}
base::Result<signing::SigningOrder> SigningOrderFrom(const Json& json, base::ByteSpan document) {
  const auto form = signing::FindSignatureForm(json.Text("form").value_or(""));
  if (!form) return Nonsense();
  signing::SigningOrder order{.form = *form, .document = document, .now = TimeOf(json, "now")};
  ASSIGN_OR_RETURN(order.digests, DocumentsFrom(json.Find("digests")));
  order.media_type = json.Text("mediaType").value_or("");
  order.countersigned = SelectorFrom(json.Find("countersigned"));
  order.claims = ClaimsFrom(json.Find("claims"));
  return order;
}

Json ToJson(const signing::ExtensionOrder& order) {
  return Json()
      .Set("name", order.name)
      .Set("target", ToJson(order.target))
      .Set("properties", TextList(order.properties))
      .Set("next", static_cast<int>(order.next))
      .Set("issuers", BytesList(order.issuers))
      .Set("modified", Seconds(order.modified));
}
base::Result<signing::ExtensionOrder> ExtensionOrderFrom(const Json& json,
                                                         base::ByteSpan document) {
  const std::int64_t next = json.Integer("next").value_or(-1);
  if (next < 0 || next > static_cast<int>(signing::NextTimestamp::kArchive)) return Nonsense();
  return signing::ExtensionOrder{.name = json.Text("name").value_or(""),
                                 .document = document,
                                 .target = SelectorFrom(json.Find("target")),
                                 .properties = TextsOf(json, "properties"),
                                 .next = static_cast<signing::NextTimestamp>(next),
                                 .issuers = BytesOf(json, "issuers"),
                                 .modified = TimeOf(json, "modified")};
}

Json ToJson(const signing::SigningPlace& place) {
  Json json;
  json.Set("documents", ToJson(place.documents))
      .Set("signature", ToJson(place.signature))
      .Set("findings", TextList(place.findings))
      .Set("others", place.others);
  return json;
}
base::Result<signing::SigningPlace> PlaceFrom(const Json& json) {
  signing::SigningPlace place;
  ASSIGN_OR_RETURN(place.documents, DocumentsFrom(json.Find("documents")));
  place.signature = SelectorFrom(json.Find("signature"));
  place.findings = TextsOf(json, "findings");
  place.others = static_cast<std::size_t>(json.Integer("others").value_or(0));
  return place;
}

Json ToJson(const ExpectedSignature& expected) {
  Json json;
  json.Set("format", expected.format)
      .Set("signature", ToJson(expected.signature))
      .Set("certificate", base::HexEncode(expected.certificate.bytes))
      .Set("value", base::HexEncode(expected.signature_value.bytes))
      .Set("documents", ToJson(expected.documents))
      .Set("findings", TextList(expected.findings));
  return json;
}

base::Result<ExpectedSignature> ExpectedFrom(const Json& json) {
  const auto certificate = DigestOf(&json, "certificate");
  const auto value = DigestOf(&json, "value");
  if (!certificate || !value) return Nonsense();
  ExpectedSignature expected{.format = TextOf(&json, "format"),
                             .signature = SelectorFrom(json.Find("signature")),
                             .certificate = *certificate,
                             .signature_value = *value,
                             .documents = {},
                             .findings = TextsOf(json, "findings")};
  ASSIGN_OR_RETURN(expected.documents, DocumentsFrom(json.Find("documents")));
  return expected;
}

base::Bytes Pack(const signing::Extended& extended) {
  Json json;
  json.Set("survey", SurveyToJson(extended.survey));
  json.Set("imprint", extended.imprint ? base::HexEncode(extended.imprint->bytes) : "");
  const std::string text = json.Dump();
  base::Bytes packed;
  packed.reserve(sizeof(std::uint64_t) + text.size() + extended.document.size());
  base::AppendUint64(text.size(), packed);
  base::Append(base::AsBytes(text), packed);
  base::Append(extended.document, packed);
  return packed;
}

base::Result<signing::Extended> ExtendedFrom(base::ByteSpan packed) {
  constexpr std::size_t kLength = sizeof(std::uint64_t);
  if (packed.size() < kLength) return Nonsense();
  const std::uint64_t size = base::ReadUint64(packed.first(kLength));
  if (size > packed.size() - kLength) return Nonsense();
  ASSIGN_OR_RETURN(const Json json, Json::Parse(base::AsText(packed.subspan(kLength, size))));
  const Json* survey = json.Find("survey");
  if (survey == nullptr) return Nonsense();
  signing::Extended extended;
  extended.survey = SurveyFrom(*survey);
  extended.imprint = DigestOf(&json, "imprint");
  const base::ByteSpan document = packed.subspan(kLength + size);
  extended.document.assign(document.begin(), document.end());
  return extended;
}

}  // namespace api
