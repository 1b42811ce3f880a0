#include "signing/document_facts.h"

#include <algorithm>
#include <array>

#include "signing/facts_json.h"
#include "signing/member_name.h"
#include "signing/report_json.h"
#include "signing/signature_structure.h"

namespace signing {
namespace {

using base::Json;

std::string Hex(const base::Sha256Digest& digest) {
  return base::HexEncode(digest.span());
}

Json TextOrNull(const std::string& text) {
  return text.empty() ? Json() : Json(PrintableText(text));
}

Json BoolOrNull(const std::optional<bool>& value) {
  return value ? Json(*value) : Json();
}

Json TimeOrNull(const std::optional<base::Time>& time) {
  return time ? Json(base::FormatTime(*time)) : Json();
}

template <typename Items, typename Convert>
Json ListJson(const Items& items, Convert convert) {
  Json list{Json::Array{}};
  for (const auto& item : items) list.Push(convert(item));
  return list;
}

// What the reference covers: a file, an element, the whole document, or a part of one of them.
Json CoveredJson(const Covered& covered) {
  Json json;
  json.Set("file", TextOrNull(covered.file));
  json.Set("document", covered.document);
  json.Set("element", covered.element == nullptr
                          ? Json()
                          : Json(reinterpret_cast<const char*>(covered.element->name)));
  json.Set("part", TextOrNull(covered.part));
  return json;
}

Json ReferenceJson(const Reference& reference) {
  constexpr std::array<std::string_view, 8> kOutcomes{"matches",
                                                      "differs",
                                                      "not-found",
                                                      "ambiguous",
                                                      "misplaced",
                                                      "unsupported-transform",
                                                      "unsupported-digest",
                                                      "malformed"};
  Json json;
  json.Set("id", TextOrNull(reference.id));
  json.Set("uri", reference.uri ? Json(PrintableText(*reference.uri)) : Json());
  json.Set("type", TextOrNull(reference.type));
  json.Set("algorithm", TextOrNull(reference.algorithm_uri));
  json.Set("transforms", reference.has_transforms);
  json.Set("outcome", kOutcomes.at(static_cast<std::size_t>(reference.outcome)));
  json.Set("detail", TextOrNull(reference.detail));
  json.Set("exact", reference.exact);
  json.Set("covers", CoveredJson(reference.covered));
  json.Set("fileSha256", reference.file_sha256 ? Json(Hex(*reference.file_sha256)) : Json());
  return json;
}

Json TimestampJson(const TimestampFact& fact) {
  constexpr std::array<std::string_view, 5> kKinds{"signature", "archive", "content", "references",
                                                   "references-only"};
  Json json;
  json.Set("kind", kKinds.at(static_cast<std::size_t>(fact.kind)));
  json.Set("readable", fact.token.has_value());
  json.Set("time", fact.token ? Json(base::FormatTime(fact.token->time)) : Json());
  json.Set("timeFraction", fact.token ? TextOrNull(fact.token->time_fraction) : Json());
  json.Set("serialNumber", fact.token ? TextOrNull(fact.token->serial) : Json());
  json.Set("policy", fact.token ? TextOrNull(fact.token->policy) : Json());
  json.Set("imprint", fact.token ? Json(base::HexEncode(fact.token->imprint)) : Json());
  json.Set("imprintIntact", BoolOrNull(fact.imprint_ok));
  json.Set("signer",
           fact.token && fact.token->signer ? Json(Hex(fact.token->signer->Sha256())) : Json());
  json.Set("signatureIntact", fact.token.has_value() && fact.token->signature_ok);
  return json;
}

Json RevocationJson(const RevocationFact& fact) {
  Json json;
  json.Set("type", fact.type);
  json.Set("readable", fact.readable);
  json.Set("issuer", TextOrNull(fact.issuer));
  json.Set("producedAt", TimeOrNull(fact.produced_at));
  json.Set("thisUpdate", TimeOrNull(fact.this_update));
  json.Set("nextUpdate", TimeOrNull(fact.next_update));
  return json;
}

Json SignatureJson(const SignatureFacts& signature) {
  constexpr std::array<std::string_view, 5> kValues{"not-checked", "valid", "invalid",
                                                    "unsupported-algorithm", "malformed"};
  Json json;
  json.Set("id", PrintableText(signature.id));
  json.Set("file", TextOrNull(signature.file));
  json.Set("format", LevelOf(signature));
  json.Set("problems", ListJson(signature.problems, PrintableText));
  json.Set("method", TextOrNull(signature.method_uri));
  json.Set("value", kValues.at(static_cast<std::size_t>(signature.value)));
  json.Set("valueSha256",
           signature.value_octets ? Json(Hex(base::Sha256(*signature.value_octets))) : Json());
  json.Set("signer", signature.signer ? Json(Hex(signature.signer->Sha256())) : Json());
  json.Set("signerNamed", signature.signer_named);
  json.Set("issuerDiffers", signature.issuer_differs);
  json.Set("claimedSigningTime",
           signature.xades ? TextOrNull(signature.xades->signing_time) : Json());
  json.Set("policyId", signature.xades ? TextOrNull(signature.xades->policy_id) : Json());
  json.Set("references", ListJson(signature.references, ReferenceJson));
  json.Set("manifestReferences", ListJson(signature.manifest_references, ReferenceJson));
  json.Set("keyInfoCertificates",
           ListJson(signature.key_info_certificates,
                    [](const Certificate& one) { return Json(Hex(one.Sha256())); }));
  json.Set("timestamps", ListJson(signature.timestamps, TimestampJson));
  json.Set("revocation", ListJson(signature.revocation, RevocationJson));
  json.Set("coversParent", signature.covers_parent);
  json.Set("counterSignatures", ListJson(signature.counter_signatures, SignatureJson));
  return json;
}

Json ArchiveTimestampJson(const ArchiveTimestampFact& fact) {
  Json json;
  json.Set("chain", fact.chain);
  json.Set("position", fact.position);
  json.Set("algorithm", TextOrNull(fact.algorithm));
  json.Set("tokenSha256", Hex(base::Sha256(fact.der)));
  json.Set("readable", fact.token.has_value());
  json.Set("time", fact.token ? Json(base::FormatTime(fact.token->time)) : Json());
  json.Set("imprintIntact", BoolOrNull(fact.imprint_ok));
  json.Set("signatureIntact", fact.token.has_value() && fact.token->signature_ok);
  json.Set("linkIntact", BoolOrNull(fact.link_ok));
  json.Set("inOrder", fact.in_order);
  json.Set("sameAlgorithm", fact.same_algorithm);
  json.Set("renewedInTime", BoolOrNull(fact.renewed_in_time));
  return json;
}

Json RecordJson(const EvidenceRecordFacts& record) {
  constexpr std::array<std::string_view, 3> kSources{"container", "beside", "embedded"};
  constexpr std::array<std::string_view, 3> kFormats{"RFC 4998", "RFC 6283", "unknown"};
  constexpr std::array<std::string_view, 6> kOutcomes{"intact",        "broken",  "not-covered",
                                                      "indeterminate", "refused", "not-evaluated"};
  constexpr std::array<std::string_view, 5> kCoverages{"covered", "absent", "not-renewed",
                                                       "unknown", "differs"};
  Json json;
  json.Set("source", kSources.at(static_cast<std::size_t>(record.source)));
  // What lies beside has whatever name its owner gave it.
  const bool beside = record.source == EvidenceSource::kBeside;
  json.Set("file", beside ? Json() : TextOrNull(record.file));
  json.Set("format", kFormats.at(static_cast<std::size_t>(record.format)));
  json.Set("outcome", kOutcomes.at(static_cast<std::size_t>(record.outcome)));
  json.Set("error", record.error ? Json(record.error->reason) : Json());
  json.Set("objects", ListJson(record.objects, [&](const EvidenceObjectFact& object) {
             Json entry;
             entry.Set("name", PrintableText(object.name));
             entry.Set("coverage", kCoverages.at(static_cast<std::size_t>(object.coverage)));
             return entry;
           }));
  json.Set("others", record.others);
  json.Set("timestamps", ListJson(record.timestamps, ArchiveTimestampJson));
  return json;
}

Json TrustJson(const TrustSnapshot& trust) {
  Json::Array lists;
  for (const TrustListUse& use : trust.lists()) {
    Json json;
    json.Set("sha256", Hex(use.digest));
    json.Set("territory", PrintableText(use.territory));
    json.Set("listOfLists", use.list_of_lists);
    json.Set("sequence", std::int64_t{use.sequence});
    json.Set("issued", base::FormatTime(use.issued));
    json.Set("nextUpdate", TimeOrNull(use.next_update));
    json.Set("signer", Hex(use.signer.Sha256()));
    lists.push_back(std::move(json));
  }
  std::ranges::sort(lists, {}, [](const Json& list) { return list.Text("sha256"); });
  std::vector<std::string> anchors;
  for (const Certificate& anchor : trust.anchors()) anchors.push_back(Hex(anchor.Sha256()));
  std::ranges::sort(anchors);
  Json json;
  json.Set("snapshot", trust.IsEmpty() ? Json() : Json(trust.Id()));
  json.Set("lists", std::move(lists));
  json.Set("certificates", ListJson(anchors, [](const std::string& text) { return Json(text); }));
  return json;
}

}  // namespace

void DocumentFacts::AddFile(std::string_view role, const std::string& name,
                            const base::Sha256Digest& digest) {
  Json json;
  json.Set("role", role);
  json.Set("name", PrintableText(name));
  json.Set("sha256", Hex(digest));
  files_.push_back(std::move(json));
}

void DocumentFacts::AddSignature(const SignatureFacts& signature, const facts::Document& found) {
  Json json = SignatureJson(signature);
  json.Set("engine", FactsToJson(found));
  signatures_.push_back(std::move(json));
}

void DocumentFacts::AddRecord(const EvidenceRecordFacts& record) {
  records_.push_back(RecordJson(record));
}

void DocumentFacts::Refuse(const base::Error& error) {
  files_.clear();
  signatures_.clear();
  // As in the report: a document of nothing but records is refused with what they say.
  if (error.reason != "container.evidence-record-only") records_.clear();
  refusal_ = Json();
  refusal_.Set("code", error.reason);
  refusal_.Set("detail", PrintableText(error.message));
}

Json DocumentFacts::ToJson(const VerifyRequest& request, const TrustSnapshot& trust) const {
  Json document;
  document.Set("sha256", Hex(DigestOfDocument(request.document)));
  document.Set("size", request.document.size());
  document.Set("container", TextOrNull(container_));
  document.Set("files", files_);
  Json json;
  json.Set("schema", "edocvault.facts/1");
  json.Set("validationTime", base::FormatTime(request.at));
  json.Set("document", std::move(document));
  json.Set("refusal", refusal_);
  json.Set("signatures", signatures_);
  json.Set("evidenceRecords", records_);
  json.Set("byTrust", TrustJson(trust));
  return json;
}

}  // namespace signing
