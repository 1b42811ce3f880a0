#include "signing/report_json.h"

#include <openssl/objects.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/base64.h"
#include "base/digest.h"
#include "base/mapped_pages.h"
#include "signing/member_name.h"
#include "signing/qualification.h"
#include "signing/report_sentences.h"
#include "signing/signature_structure.h"

namespace signing {
namespace {

base::Json TextOrNull(const std::string& text) {
  return text.empty() ? base::Json() : base::Json(PrintableText(text));
}

base::Json TimeOrNull(const std::optional<base::Time>& time) {
  return time ? base::Json(base::FormatTime(*time)) : base::Json();
}

base::Json TimeTextOrNull(const std::string& text) {
  const auto time = base::ParseTime(text);
  return time ? base::Json(base::FormatTime(*time)) : TextOrNull(text);
}

std::string Hex(const base::Sha256Digest& digest) {
  return base::HexEncode(digest.span());
}

base::Json SignerToJson(const std::optional<Certificate>& signer) {
  if (!signer) return {};
  base::Json json;
  json.Set("subject", signer->SubjectText());
  json.Set("commonName", TextOrNull(signer->SubjectAttribute(NID_commonName)));
  json.Set("organization", TextOrNull(signer->SubjectAttribute(NID_organizationName)));
  json.Set("organizationIdentifier",
           TextOrNull(signer->SubjectAttribute(NID_organizationIdentifier)));
  json.Set("country", TextOrNull(signer->SubjectAttribute(NID_countryName)));
  json.Set("serialNumber", signer->SerialDecimal());
  json.Set("issuer", signer->IssuerText());
  json.Set("notBefore", TimeOrNull(signer->NotBefore()));
  json.Set("notAfter", TimeOrNull(signer->NotAfter()));
  json.Set("certificateSha256", Hex(signer->Sha256()));
  json.Set("use", TextOrNull(std::string(NameOf(StatedUse(*signer)))));
  return json;
}

// Every file that a reference made us digest, right or wrong, once.
base::Json SignedFilesToJson(const SignatureFacts& facts) {
  base::Json list{base::Json::Array{}};
  std::set<std::string_view> seen;
  for (const auto* references : {&facts.references, &facts.manifest_references})
    for (const Reference& reference : *references) {
      if (!reference.file_sha256 || !seen.insert(reference.covered.file).second) continue;
      base::Json file;
      file.Set("name", PrintableText(reference.covered.file));
      file.Set("sha256", Hex(*reference.file_sha256));
      list.Push(std::move(file));
    }
  return list;
}

std::string_view KindName(TimestampKind kind) {
  constexpr std::array<std::string_view, 5> kNames{"signature-timestamp", "archive-timestamp",
                                                   "content-timestamp", "references-timestamp",
                                                   "references-only-timestamp"};
  return kNames.at(static_cast<std::size_t>(kind));
}

base::Json TimestampToJson(const TimestampFact& fact) {
  base::Json json;
  json.Set("kind", KindName(fact.kind));
  json.Set("readable", fact.token.has_value());
  json.Set("time", fact.token ? base::Json(base::FormatTime(fact.token->time)) : base::Json());
  json.Set("timeFraction", fact.token ? TextOrNull(fact.token->time_fraction) : base::Json());
  json.Set("imprintOk", fact.imprint_ok ? base::Json(*fact.imprint_ok) : base::Json());
  json.Set("signatureOk", fact.token.has_value() && fact.token->signature_ok);
  const bool known = fact.token && fact.token->signer;
  json.Set("tsa", known ? base::Json(fact.token->signer->SubjectText()) : base::Json());
  json.Set("digestAlgorithm", fact.token && fact.token->imprint_algorithm != nullptr
                                  ? base::Json(fact.token->imprint_algorithm->name)
                                  : base::Json());
  json.Set("policy", fact.token ? TextOrNull(fact.token->policy) : base::Json());
  json.Set("serialNumber", fact.token ? TextOrNull(fact.token->serial) : base::Json());
  json.Set("sha256", Hex(fact.sha256));
  return json;
}

base::Json RevocationToJson(const RevocationFact& fact) {
  base::Json json;
  json.Set("type", fact.type);
  json.Set("readable", fact.readable);
  json.Set("issuer", TextOrNull(fact.issuer));
  json.Set("producedAt", TimeOrNull(fact.produced_at));
  json.Set("thisUpdate", TimeOrNull(fact.this_update));
  json.Set("nextUpdate", TimeOrNull(fact.next_update));
  json.Set("sha256", Hex(fact.sha256));
  return json;
}

struct Remark {
  bool applies;
  std::string_view code;
};

base::Json NotesOf(const SignatureFacts& facts, base::Language language) {
  const bool bad_counter =
      std::ranges::any_of(facts.counter_signatures, [](const SignatureFacts& counter) {
        return !counter.covers_parent || !IsIntact(CheckStructure(counter));
      });
  const bool bad_timestamp = std::ranges::any_of(facts.timestamps, [](const TimestampFact& fact) {
    return !fact.token || !fact.token->signature_ok || !fact.imprint_ok.value_or(true);
  });
  const bool manifest_missing = std::ranges::any_of(
      facts.manifest_references,
      [](const Reference& reference) { return reference.outcome == ReferenceOutcome::kNotFound; });
  const std::array<Remark, 7> notes{{
      {facts.digest_info_null_absent, "signature.digestinfo-null-absent"},
      {facts.issuer_differs, "signature.issuer-differs"},
      {facts.xades && facts.xades->policy_implied, "signature.policy-implied"},
      {facts.xades && facts.xades->has_evidence_record, "signature.evidence-record-not-checked"},
      {bad_counter, "signature.counter-signature-broken"},
      {bad_timestamp, "signature.timestamp-broken"},
      {manifest_missing, "signature.manifest-data-missing"},
  }};
  base::Json list{base::Json::Array{}};
  for (const Remark& note : notes) {
    if (!note.applies) continue;
    base::Json json;
    json.Set("code", note.code);
    json.Set("message", base::TextOf(note.code, language));
    list.Push(std::move(json));
  }
  return list;
}

template <typename T, typename Convert>
base::Json ListOf(const std::vector<T>& items, Convert convert) {
  base::Json list{base::Json::Array{}};
  for (const T& item : items) list.Push(convert(item));
  return list;
}

base::Json TimestampsToJson(const SignatureFacts& facts, const Judgement& judgement) {
  base::Json list{base::Json::Array{}};
  for (std::size_t i = 0; i < facts.timestamps.size(); ++i) {
    base::Json json = TimestampToJson(facts.timestamps[i]);
    json.Set("trusted", i < judgement.timestamp_trusted.size() && judgement.timestamp_trusted[i]);
    json.Set("qualification", judgement.timestamp_qualifications.at(i));
    list.Push(std::move(json));
  }
  return list;
}

base::Json PrintableValues(const base::Json& values) {
  if (values.AsObject() == nullptr) return base::Json(base::Json::Object{});
  base::Json::Object printable = *values.AsObject();
  for (auto& [name, value] : printable)
    if (value.AsString() != nullptr) value = PrintableText(*value.AsString());
  return printable;
}

using MessageOf = std::string (*)(std::string_view code, const base::Json& values,
                                  base::Language language);

base::Json EngineNoteToJson(const Note& note, MessageOf message_of, base::Language language) {
  base::Json values = PrintableValues(note.values);
  base::Json json;
  json.Set("code", note.code);
  json.Set("message", message_of(note.code, values, language));
  json.Set("values", std::move(values));
  return json;
}

base::Json AllNotes(const SignatureFacts& facts, const SignatureVerdict& verdict,
                    base::Language language) {
  base::Json list = NotesOf(facts, language);
  for (const Note& note : verdict.notes) list.Push(EngineNoteToJson(note, MessageOfNote, language));
  return list;
}

// The checks of the structure, then those of the engine; what the policy ignores is left out.
base::Json ChecksToJson(const VerifyReport& report, const SignatureVerdict& verdict) {
  base::Json list = report.ToJson();
  for (const CheckRecord& record : verdict.checks) {
    if (record.status == CheckStatus::kIgnored) continue;
    base::Json json;
    json.Set("id", record.block + "/" + std::string(NameOfRule(record.rule)));
    json.Set("status", NameOfStatus(record.status));
    json.Set("clause", ClauseOf(record.block, record.rule));
    base::Json values =
        record.values.AsObject() == nullptr ? base::Json(base::Json::Object{}) : record.values;
    values.Set("object", PrintableText(record.object));
    json.Set("values", std::move(values));
    if (record.status == CheckStatus::kFailed && record.sub != SubIndication::kNone)
      json.Set("subIndication", NameOfSubIndication(record.sub));
    list.Push(std::move(json));
  }
  return list;
}

}  // namespace

base::Sha256Digest DigestOfDocument(base::ByteSpan document) {
  constexpr std::size_t kPiece = std::size_t{8} << 20U;
  base::Sha256Stream digest;
  for (std::size_t at = 0; at < document.size(); at += kPiece) {
    const base::ByteSpan piece = document.subspan(at, std::min(kPiece, document.size() - at));
    digest.Update(piece);
    base::GiveBackPages(piece);
  }
  return std::move(digest).Finish();
}

base::Json ReportFrame(const VerifyRequest& request, std::string_view container,
                       const base::Sha256Digest* policy_used) {
  base::Json document;
  document.Set("name", PrintableText(request.name));
  document.Set("sha256", Hex(DigestOfDocument(request.document)));
  document.Set("size", request.document.size());
  document.Set("container", container.empty() ? base::Json() : base::Json(container));
  base::Json policy;
  policy.Set("id", request.policy);
  policy.Set("sha256", policy_used == nullptr ? base::Json() : base::Json(Hex(*policy_used)));
  base::Json trust;
  trust.Set("snapshot", nullptr);
  trust.Set("issued", nullptr);
  base::Json evidence;
  evidence.Set("sha256", nullptr);
  base::Json engine;
  engine.Set("version", EDOCVAULT_VERSION);

  base::Json report;
  report.Set("schema", "edocvault.verification/1");
  report.Set("document", std::move(document));
  report.Set("verdict", "refused");
  report.Set("refusal", nullptr);
  report.Set("engine", std::move(engine));
  report.Set("policy", std::move(policy));
  report.Set("trust", std::move(trust));
  report.Set("evidence", std::move(evidence));
  report.Set("validationTime", base::FormatTime(request.at));
  report.Set("signatures", base::Json::Array{});
  report.Set("containerFindings", base::Json::Array{});
  return report;
}

namespace {

// As signatures, and whether they are where they belong.
base::Json CounterSignaturesToJson(const SignatureFacts& facts, const Judgement& judgement,
                                   const ReportStyle& style) {
  base::Json list{base::Json::Array{}};
  for (std::size_t i = 0; i < facts.counter_signatures.size(); ++i) {
    const SignatureFacts& counter = facts.counter_signatures[i];
    base::Json json = SignatureToJson(counter, judgement.counter_signatures.at(i), style);
    json.Set("coversParent", counter.covers_parent);
    json.Set("intact", counter.covers_parent && IsIntact(judgement.counter_signatures[i].report));
    list.Push(std::move(json));
  }
  return list;
}

}  // namespace

base::Json SignatureToJson(const SignatureFacts& facts, const Judgement& judgement,
                           const ReportStyle& style) {
  const VerifyReport& report = judgement.report;
  const SignatureVerdict& verdict = judgement.verdict;
  const CheckOutcome& conclusion = report.Conclusion();
  base::Json json;
  json.Set("id", PrintableText(facts.id));
  json.Set("file", TextOrNull(facts.file));
  json.Set("format", LevelOf(facts));
  json.Set("indication", IndicationName(conclusion.indication));
  json.Set("subIndication", conclusion.indication == Indication::kPassed
                                ? base::Json()
                                : base::Json(conclusion.sub_indication));
  json.Set("intact", IsIntact(report));
  json.Set("scope", ListOf(ScopeOf(facts), [](const std::string& name) {
             return base::Json(PrintableText(name));
           }));
  json.Set("signer", SignerToJson(facts.signer));
  json.Set("signatureAlgorithm", TextOrNull(facts.method_uri));
  json.Set("signatureValueSha256",
           facts.value_octets ? base::Json(Hex(base::Sha256(*facts.value_octets))) : base::Json());
  json.Set("signatureValue",
           facts.value_octets ? base::Json(base::Base64Encode(*facts.value_octets)) : base::Json());
  json.Set("signedFiles", SignedFilesToJson(facts));
  json.Set("policyId", facts.xades ? TextOrNull(facts.xades->policy_id) : base::Json());
  json.Set("qualification", judgement.qualification);
  json.Set("claimedSigningTime",
           facts.xades ? TimeTextOrNull(facts.xades->signing_time) : base::Json());
  json.Set("bestSignatureTime", verdict.time_proven
                                    ? base::Json(base::FormatTime(verdict.best_signature_time))
                                    : base::Json());
  json.Set("timestamps", TimestampsToJson(facts, judgement));
  json.Set("revocation", ListOf(facts.revocation, RevocationToJson));
  json.Set("counterSignatures", CounterSignaturesToJson(facts, judgement, style));
  if (!style.explained) return json;
  json.Set("checks", ChecksToJson(report, verdict));
  json.Set("notes", AllNotes(facts, verdict, style.language));
  json.Set("whatWouldChangeIt", ListOf(verdict.what_would_change_it, [&](const Note& note) {
             return EngineNoteToJson(note, MessageOfRemedy, style.language);
           }));
  return json;
}

base::Json FindingToJson(const Finding& finding, base::Language language) {
  constexpr std::array<std::string_view, 3> kNames{"info", "warning", "error"};
  std::string message(base::TextOf(finding.code, language));
  if (!finding.detail.empty()) message += " (" + PrintableText(finding.detail) + ")";
  base::Json json;
  json.Set("code", finding.code);
  json.Set("severity", kNames.at(static_cast<std::size_t>(finding.severity)));
  json.Set("message", std::move(message));
  return json;
}

base::Json TrustToJson(const TrustSnapshot& trust) {
  base::Json json;
  json.Set("snapshot", trust.IsEmpty() ? base::Json() : base::Json(trust.Id()));
  json.Set("issued", TimeOrNull(trust.issued()));
  return json;
}

std::string_view VerdictOf(const base::Json::Array& signatures) {
  const auto any = [&](std::string_view indication) {
    return std::ranges::any_of(signatures, [&](const base::Json& signature) {
      return signature.Text("indication") == indication;
    });
  };
  if (any("TOTAL-FAILED")) return "invalid";
  const bool all_passed = std::ranges::all_of(signatures, [](const base::Json& signature) {
    return signature.Text("indication") == "TOTAL-PASSED";
  });
  return all_passed && !signatures.empty() ? "valid" : "indeterminate";
}

base::Json RefusalToJson(const base::Error& error, base::Language language) {
  std::string message(base::TextOf(error.reason, language));
  if (!error.message.empty()) message += " (" + PrintableText(error.message) + ")";
  base::Json json;
  json.Set("code", error.reason);
  json.Set("message", std::move(message));
  return json;
}

}  // namespace signing
