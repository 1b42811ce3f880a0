#include "signing/signature_structure.h"

#include <algorithm>
#include <array>

#include "signing/member_name.h"
#include "signing/xml_names.h"

namespace signing {
namespace {

base::Json Named(std::string_view name, std::string_view value) {
  base::Json json;
  json.Set(name, PrintableText(value));
  return json;
}

std::string TypeOfSignedProperties(std::string_view space) {
  // EN 319 132-1, 4.3.6; the older namespaces carry their version in the type.
  if (space == kXades111) return "http://uri.etsi.org/01903/v1.1.1#SignedProperties";
  if (space == kXades122) return "http://uri.etsi.org/01903/v1.2.2#SignedProperties";
  return "http://uri.etsi.org/01903#SignedProperties";
}

void JudgeFormat(const SignatureFacts& facts, VerifyReport& report) {
  if (facts.problems.empty()) return report.Pass(Check::kFormat);
  report.Record(Check::kFormat, Indication::kFailed, "FORMAT_FAILURE",
                Named("problem", facts.problems.front()));
}

void JudgeSigningCertificate(const SignatureFacts& facts, VerifyReport& report) {
  if (facts.signer && facts.signer_named) return report.Pass(Check::kSigningCertificate);
  const bool plain = !facts.xades || facts.xades->signing_certificates.empty();
  report.Record(Check::kSigningCertificate, Indication::kIndeterminate,
                "NO_SIGNING_CERTIFICATE_FOUND",
                Named("problem", plain ? "no signed property names the signing certificate"
                                       : "the named certificate is not present"));
}

struct ReferenceJudgement {
  ReferenceOutcome outcome;
  Check check;
  Indication indication;
  std::string_view sub_indication;
};
constexpr auto kReferenceJudgements = std::to_array<ReferenceJudgement>({
    {ReferenceOutcome::kNotFound, Check::kDataFound, Indication::kIndeterminate,
     "SIGNED_DATA_NOT_FOUND"},
    {ReferenceOutcome::kAmbiguous, Check::kDataFound, Indication::kIndeterminate,
     "SIGNED_DATA_NOT_FOUND"},
    {ReferenceOutcome::kMisplaced, Check::kDataFound, Indication::kIndeterminate,
     "SIGNED_DATA_NOT_FOUND"},
    {ReferenceOutcome::kDiffers, Check::kDataIntact, Indication::kFailed, "HASH_FAILURE"},
    {ReferenceOutcome::kMalformed, Check::kDataIntact, Indication::kFailed, "HASH_FAILURE"},
    {ReferenceOutcome::kUnsupportedTransform, Check::kDataIntact, Indication::kIndeterminate,
     "SIG_CONSTRAINTS_FAILURE"},
    {ReferenceOutcome::kUnsupportedDigest, Check::kDataIntact, Indication::kIndeterminate,
     "CRYPTO_CONSTRAINTS_FAILURE"},
});

std::string_view ProblemName(ReferenceOutcome outcome) {
  switch (outcome) {
    case ReferenceOutcome::kMatches: return "none";
    case ReferenceOutcome::kDiffers: return "the digest is another";
    case ReferenceOutcome::kNotFound: return "not found";
    case ReferenceOutcome::kAmbiguous: return "several elements have this Id";
    case ReferenceOutcome::kMisplaced: return "the element is not where its type says";
    case ReferenceOutcome::kUnsupportedTransform: return "unsupported transform";
    case ReferenceOutcome::kUnsupportedDigest: return "unsupported digest algorithm";
    case ReferenceOutcome::kMalformed: return "malformed";
  }
  return "unknown";
}

void JudgeReference(const Reference& reference, VerifyReport& report) {
  const auto found =
      std::ranges::find(kReferenceJudgements, reference.outcome, &ReferenceJudgement::outcome);
  if (found == kReferenceJudgements.end()) return;
  base::Json values = Named("uri", reference.uri.value_or("(none)"));
  values.Set("problem", ProblemName(reference.outcome));
  if (!reference.detail.empty()) values.Set("detail", PrintableText(reference.detail));
  report.Record(found->check, found->indication, found->sub_indication, std::move(values));
}

// What a ds:Manifest lists must be right where it is at hand; what is not at hand is not
// covered, which is another matter than being wrong.
void JudgeManifestReference(const Reference& reference, VerifyReport& report) {
  if (reference.outcome != ReferenceOutcome::kNotFound) JudgeReference(reference, report);
}

void JudgeReferences(const SignatureFacts& facts, VerifyReport& report) {
  if (facts.references.empty()) return;  // A format failure; these checks stay open.
  for (const Reference& reference : facts.references) JudgeReference(reference, report);
  for (const Reference& reference : facts.manifest_references)
    JudgeManifestReference(reference, report);
  const bool found = std::ranges::none_of(facts.references, [](const Reference& reference) {
    return reference.outcome == ReferenceOutcome::kNotFound ||
           reference.outcome == ReferenceOutcome::kAmbiguous ||
           reference.outcome == ReferenceOutcome::kMisplaced;
  });
  const auto matches = [](const Reference& reference) {
    return reference.outcome == ReferenceOutcome::kMatches;
  };
  if (found) report.Pass(Check::kDataFound);
  if (std::ranges::all_of(facts.references, matches)) report.Pass(Check::kDataIntact);
}

void JudgeValue(const SignatureFacts& facts, VerifyReport& report) {
  switch (facts.value) {
    case ValueState::kValid: return report.Pass(Check::kSignatureValue);
    case ValueState::kInvalid:
      return report.Record(Check::kSignatureValue, Indication::kFailed, "SIG_CRYPTO_FAILURE",
                           Named("algorithm", facts.method_uri));
    case ValueState::kMalformed:
      return report.Record(Check::kSignatureValue, Indication::kFailed, "SIG_CRYPTO_FAILURE",
                           Named("problem", "SignatureValue is no base64"));
    case ValueState::kUnsupportedAlgorithm:
      return report.Record(Check::kSignatureValue, Indication::kIndeterminate,
                           "CRYPTO_CONSTRAINTS_FAILURE", Named("algorithm", facts.method_uri));
    case ValueState::kNotChecked: return;
  }
}

std::string_view SignedPropertiesProblem(const SignatureFacts& facts) {
  if (!facts.xades || facts.xades->signed_properties == nullptr)
    return "there are no SignedProperties";
  // EN 319 132-1, 4.4.2: "Target [...] shall refer to the Id attribute of the [...] ds:Signature".
  if (facts.id.empty() || facts.xades->target != "#" + facts.id)
    return "QualifyingProperties has another Target";
  if (SignedPropertiesReference(facts) == nullptr)
    return "not exactly one reference of the right Type covers the SignedProperties";
  if (facts.references.size() < 2) return "no data is signed";
  return {};
}

void JudgeSignedProperties(const SignatureFacts& facts, VerifyReport& report) {
  const std::string_view problem = SignedPropertiesProblem(facts);
  if (problem.empty()) return report.Pass(Check::kSignedProperties);
  report.Record(Check::kSignedProperties, Indication::kIndeterminate, "SIG_CONSTRAINTS_FAILURE",
                Named("problem", problem));
}

// EN 319 132-1, 6.3: level LT has CertificateValues and RevocationValues at most once each, and
// values themselves instead of references to them.
bool BreaksLongTerm(const XadesProperties& xades) {
  constexpr std::array<std::string_view, 2> kOnce{"CertificateValues", "RevocationValues"};
  constexpr std::array<std::string_view, 10> kNever{
      "CompleteCertificateRefs",  "CompleteCertificateRefsV2",  "CompleteRevocationRefs",
      "AttributeCertificateRefs", "AttributeCertificateRefsV2", "AttributeRevocationRefs",
      "SigAndRefsTimeStamp",      "SigAndRefsTimeStampV2",      "RefsOnlyTimeStamp",
      "RefsOnlyTimeStampV2"};
  const auto count = [&](std::string_view name) {
    return std::ranges::count(xades.unsigned_properties, name, NameOf);
  };
  return std::ranges::any_of(kOnce, [&](std::string_view name) { return count(name) > 1; }) ||
         std::ranges::any_of(kNever, [&](std::string_view name) { return count(name) > 0; });
}

}  // namespace

const Reference* SignedPropertiesReference(const SignatureFacts& facts) {
  if (!facts.xades) return nullptr;
  const std::string type = TypeOfSignedProperties(facts.xades->space);
  const Reference* found = nullptr;
  for (const Reference& reference : facts.references) {
    if (reference.type != type) continue;
    if (found != nullptr) return nullptr;
    found = &reference;
  }
  const bool own =
      found != nullptr && found->exact && found->covered.element == facts.xades->signed_properties;
  return own ? found : nullptr;
}

VerifyReport CheckStructure(const SignatureFacts& facts) {
  VerifyReport report;
  JudgeFormat(facts, report);
  JudgeSigningCertificate(facts, report);
  JudgeReferences(facts, report);
  JudgeValue(facts, report);
  JudgeSignedProperties(facts, report);
  // The certificate path stays open: signature_judge.h asks the engine.
  return report;
}

bool IsIntact(const VerifyReport& report) {
  return report.passed(Check::kDataFound) && report.passed(Check::kDataIntact) &&
         report.passed(Check::kSignatureValue);
}

std::string_view LevelOf(const SignatureFacts& facts) {
  if (!facts.xades) return "XMLDSIG";
  const bool stamped = std::ranges::any_of(facts.timestamps, [](const TimestampFact& fact) {
    return fact.kind == TimestampKind::kSignature && fact.imprint_ok.value_or(false);
  });
  if (!stamped) return "XAdES-BASELINE-B";
  if (BreaksLongTerm(*facts.xades)) return "XAdES-BASELINE-T";
  const bool archived = std::ranges::any_of(facts.timestamps, [](const TimestampFact& fact) {
    return fact.kind == TimestampKind::kArchive && fact.token.has_value();
  });
  if (archived) return "XAdES-BASELINE-LTA";
  const bool long_term = facts.xades->has_certificate_values ||
                         std::ranges::any_of(facts.revocation, &RevocationFact::readable);
  return long_term ? "XAdES-BASELINE-LT" : "XAdES-BASELINE-T";
}

bool CoversPartOnly(const SignatureFacts& facts) {
  const Reference* own = SignedPropertiesReference(facts);
  const auto is_part = [&](const Reference& reference) {
    return &reference != own && !reference.covered.part.empty();
  };
  return std::ranges::any_of(facts.references, is_part) ||
         std::ranges::any_of(facts.manifest_references, is_part);
}

std::vector<std::string> ScopeOf(const SignatureFacts& facts) {
  std::vector<std::string> scope;
  const Reference* own = SignedPropertiesReference(facts);
  const auto add = [&](const Reference& reference) {
    if (&reference == own || reference.outcome != ReferenceOutcome::kMatches) return;
    const Covered& covered = reference.covered;
    if (!covered.part.empty()) {
      scope.push_back(covered.file + covered.part + " (part)");
      return;
    }
    scope.push_back(covered.file.empty() ? reference.uri.value_or("") : covered.file);
  };
  std::ranges::for_each(facts.references, add);
  std::ranges::for_each(facts.manifest_references, add);
  return scope;
}

}  // namespace signing
