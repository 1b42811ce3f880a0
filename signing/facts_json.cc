#include "signing/facts_json.h"

#include <array>
#include <string_view>

#include "signing/member_name.h"

namespace signing {
namespace {

using base::Json;

std::string_view NameOf(facts::AnchorUse use) {
  switch (use) {
    case facts::AnchorUse::kAuthority: return "authority";
    case facts::AnchorUse::kSigner: return "signer";
    case facts::AnchorUse::kTimestamp: return "timestamp";
    case facts::AnchorUse::kRevocation: return "revocation";
  }
  return "unknown";
}

Json TimeJson(const std::optional<base::Time>& time) {
  return time ? Json(base::FormatTime(*time)) : Json();
}

// A date that does not decode is no date (facts_certificate.cc leaves the ends of time).
Json DateJson(base::Time time) {
  const bool none = time == base::Time::min() || time == base::Time::max();
  return none ? Json() : Json(base::FormatTime(time));
}

Json BoolJson(const std::optional<bool>& value) {
  return value ? Json(*value) : Json();
}

template <typename Texts>
Json TextsJson(const Texts& texts) {
  Json list{Json::Array{}};
  for (const std::string& text : texts) list.Push(PrintableText(text));
  return list;
}

template <typename Items, typename Convert>
Json ListJson(const Items& items, Convert convert) {
  Json list{Json::Array{}};
  for (const auto& item : items) list.Push(convert(item));
  return list;
}

template <typename Map, typename Convert>
Json ValuesJson(const Map& map, Convert convert) {
  Json list{Json::Array{}};
  for (const auto& [id, value] : map) list.Push(convert(value));
  return list;
}

Json SealJson(const facts::Seal& seal) {
  Json json;
  json.Set("key", seal.algorithm.key);
  json.Set("bits", seal.algorithm.bits);
  json.Set("digest", seal.algorithm.digest);
  json.Set("intact", BoolJson(seal.intact));
  return json;
}

Json DigestJson(const facts::Digest& digest) {
  constexpr std::array<std::string_view, 6> kKinds{
      "data", "signed-properties", "manifest", "manifest-entry", "imprint", "counter-signed"};
  Json json;
  json.Set("kind", kKinds.at(static_cast<std::size_t>(digest.kind)));
  json.Set("name", PrintableText(digest.name));
  json.Set("algorithm", digest.algorithm);
  json.Set("found", digest.found);
  json.Set("intact", digest.intact);
  json.Set("ambiguous", digest.ambiguous);
  return json;
}

Json SignerReferenceJson(const facts::SignerReference& reference) {
  Json json;
  json.Set("present", reference.present);
  json.Set("unique", reference.unique);
  json.Set("digestMatches", BoolJson(reference.digest_matches));
  json.Set("issuerMatches", BoolJson(reference.issuer_matches));
  json.Set("digestAlgorithm", reference.digest_algorithm);
  return json;
}

Json StatusJson(const facts::RevocationStatus& status) {
  constexpr std::array<std::string_view, 4> kStatuses{"good", "revoked", "on-hold", "unknown"};
  Json json;
  json.Set("revocation", status.revocation);
  json.Set("status", kStatuses.at(static_cast<std::size_t>(status.status)));
  json.Set("reason", status.reason);
  json.Set("time", TimeJson(status.time));
  return json;
}

Json PeriodJson(const facts::TrustPeriod& period) {
  Json json;
  json.Set("type", PrintableText(period.type));
  json.Set("status", PrintableText(period.status));
  json.Set("from", DateJson(period.from));
  json.Set("until", TimeJson(period.until));
  json.Set("qualifiers", TextsJson(period.qualifiers));
  json.Set("additional", TextsJson(period.additional));
  json.Set("expiredCertificatesFrom", TimeJson(period.expired_certificates_from));
  return json;
}

Json CertificateTrustJson(const facts::Certificate& certificate) {
  Json json;
  json.Set("issuer", certificate.issuer ? Json(*certificate.issuer) : Json());
  json.Set("seal", SealJson(certificate.seal));
  json.Set("anchorFor", ListJson(certificate.anchor_for,
                                 [](facts::AnchorUse use) { return Json(NameOf(use)); }));
  json.Set("anchorFrom", TimeJson(certificate.anchor_from));
  json.Set("anchorUntil", TimeJson(certificate.anchor_until));
  json.Set("periods", ListJson(certificate.trust, PeriodJson));
  json.Set("namesPermitted", certificate.names_permitted);
  json.Set("policiesPermitted", certificate.policies_permitted);
  json.Set("criticalExtensions", TextsJson(certificate.critical_extensions));
  json.Set("revocations", ListJson(certificate.revocations, StatusJson));
  return json;
}

Json CertificateJson(const facts::Certificate& certificate) {
  Json json;
  json.Set("id", certificate.id);
  json.Set("subject", PrintableText(certificate.subject));
  json.Set("notBefore", DateJson(certificate.not_before));
  json.Set("notAfter", DateJson(certificate.not_after));
  json.Set("selfSigned", certificate.self_signed);
  json.Set("keyUsages", TextsJson(certificate.key_usages));
  json.Set("extendedKeyUsages", TextsJson(certificate.extended_key_usages));
  json.Set("extensions", TextsJson(certificate.extensions));
  json.Set("isAuthority", BoolJson(certificate.is_authority));
  json.Set("pathLength", certificate.path_length ? Json(*certificate.path_length) : Json());
  json.Set("noCheck", certificate.no_check);
  json.Set("byTrust", CertificateTrustJson(certificate));
  return json;
}

Json RevocationJson(const facts::Revocation& revocation) {
  Json by_trust;
  by_trust.Set("signerAuthorised", revocation.signer_authorised);
  by_trust.Set("seal", SealJson(revocation.seal));
  by_trust.Set("chain", TextsJson(revocation.chain));
  Json json;
  json.Set("id", revocation.id);
  json.Set("kind", revocation.kind == facts::RevocationKind::kOcsp ? "ocsp" : "crl");
  json.Set("fromDocument", revocation.from_document);
  json.Set("thisUpdate", TimeJson(revocation.this_update));
  json.Set("nextUpdate", TimeJson(revocation.next_update));
  json.Set("producedAt", TimeJson(revocation.produced_at));
  json.Set("expiredCertificatesFrom", TimeJson(revocation.expired_certificates_from));
  json.Set("certificateHashMatches", BoolJson(revocation.certificate_hash_matches));
  json.Set("responderIdMatches", revocation.responder_id_matches);
  json.Set("byTrust", std::move(by_trust));
  return json;
}

Json ChainJson(const std::vector<facts::Id>& chain) {
  Json json;
  json.Set("chain", TextsJson(chain));
  return json;
}

Json TimestampJson(const facts::Timestamp& timestamp) {
  constexpr std::array<std::string_view, 6> kKinds{"content",         "signature", "archive",
                                                   "evidence-record", "container", "time-mark"};
  Json by_trust = ChainJson(timestamp.chain);
  by_trust.Set("covered", TextsJson(timestamp.covered));
  Json json;
  json.Set("id", timestamp.id);
  json.Set("kind", kKinds.at(static_cast<std::size_t>(timestamp.kind)));
  // The OCSP responses that BDOC takes for time-stamps; whether they count is a policy's word.
  json.Set("timeMark", timestamp.id.starts_with(facts::kTimeMarkPrefix));
  // That of a token which cannot be read was never set.
  json.Set("time", timestamp.time == base::Time{} ? Json() : DateJson(timestamp.time));
  json.Set("digests", ListJson(timestamp.digests, DigestJson));
  json.Set("seal", SealJson(timestamp.seal));
  json.Set("signerReference", SignerReferenceJson(timestamp.signer_reference));
  json.Set("byTrust", std::move(by_trust));
  if (!timestamp.revocation.empty()) json.Set("revocation", timestamp.revocation);
  return json;
}

Json RecordJson(const facts::EvidenceRecord& record) {
  Json by_trust;
  by_trust.Set("covered", TextsJson(record.covered));
  Json json;
  json.Set("id", record.id);
  json.Set("wellFormed", record.well_formed);
  json.Set("digests", ListJson(record.digests, DigestJson));
  json.Set("timestamps", TextsJson(record.timestamps));
  json.Set("byTrust", std::move(by_trust));
  return json;
}

Json SignaturePolicyJson(const std::optional<facts::SignaturePolicy>& policy) {
  if (!policy) return {};
  Json json;
  json.Set("implied", policy->implied);
  json.Set("available", policy->available);
  json.Set("digestMatches", policy->digest_matches);
  json.Set("zeroDigest", policy->zero_digest);
  return json;
}

Json SignatureJson(const facts::Signature& signature) {
  Json json;
  json.Set("id", PrintableText(signature.id));
  json.Set("format", signature.format);
  json.Set("problems", TextsJson(signature.problems));
  json.Set("structureWarnings", TextsJson(signature.structure_warnings));
  json.Set("signers", signature.signers);
  json.Set("counterSignature", signature.counter_signature);
  json.Set("digests", ListJson(signature.digests, DigestJson));
  json.Set("seal", SealJson(signature.seal));
  json.Set("signerReference", SignerReferenceJson(signature.signer_reference));
  json.Set("claimedTime", TimeJson(signature.claimed_time));
  json.Set("signaturePolicy", SignaturePolicyJson(signature.policy));
  json.Set("timestamps", TextsJson(signature.timestamps));
  json.Set("evidenceRecords", TextsJson(signature.evidence_records));
  json.Set("duplicate", signature.duplicate);
  json.Set("byTrust", ChainJson(signature.chain));
  return json;
}

Json ContainerJson(const std::optional<facts::Container>& container) {
  if (!container) return {};
  Json json;
  json.Set("type", container->type);
  json.Set("manifestPresent", container->manifest_present);
  json.Set("manifestNeeded", container->manifest_needed);
  json.Set("signedFilesPresent", container->signed_files_present);
  return json;
}

}  // namespace

Json FactsToJson(const facts::Document& document) {
  Json json;
  json.Set("container", ContainerJson(document.container));
  json.Set("signatures", ListJson(document.signatures, SignatureJson));
  json.Set("timestamps", ValuesJson(document.timestamps, TimestampJson));
  json.Set("evidenceRecords", ValuesJson(document.evidence_records, RecordJson));
  json.Set("certificates", ValuesJson(document.certificates, CertificateJson));
  json.Set("revocations", ValuesJson(document.revocations, RevocationJson));
  return json;
}

}  // namespace signing
