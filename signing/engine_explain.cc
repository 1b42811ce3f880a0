#include "signing/engine_explain.h"

#include <algorithm>

namespace signing {
namespace {

// The certificate that the object is or, for revocation data, speaks about: its id stands behind
// the slash. nullptr for any other object.
const facts::Certificate* CertificateOf(const Case& question, const std::string& object) {
  return question.Certificate(object.substr(object.find('/') + 1));
}

base::Json ValuesOf(const Case& question, const Failure& failure) {
  base::Json json;
  json.Set("rule", NameOfRule(failure.rule));
  json.Set("object", failure.object);
  if (const facts::Certificate* certificate = CertificateOf(question, failure.object)) {
    json.Set("certificateSubject", certificate->subject);
    json.Set("certificateSerialNumber", certificate->serial);
    json.Set("certificateIssuer", certificate->issuer_name);
  }
  if (failure.until) json.Set("atOrBefore", base::FormatTime(*failure.until));
  return json;
}

struct Remedy {
  SubIndication sub;
  std::string_view code;
};
// What somebody could bring that would change the verdict.
constexpr auto kRemedies = std::to_array<Remedy>({
    {SubIndication::kSignedDataNotFound, "signed-data"},
    {SubIndication::kNoSigningCertificateFound, "signing-certificate"},
    {SubIndication::kNoCertificateChainFound, "trust-anchor"},
    {SubIndication::kNoCertificateChainFoundNoPoe, "proof-of-existence"},
    {SubIndication::kCertificateChainGeneralFailure, "revocation-data"},
    {SubIndication::kTryLater, "newer-revocation-data"},
    {SubIndication::kRevokedNoPoe, "proof-of-existence"},
    {SubIndication::kRevokedCaNoPoe, "proof-of-existence"},
    {SubIndication::kOutOfBoundsNoPoe, "proof-of-existence"},
    {SubIndication::kOutOfBoundsNotRevoked, "proof-of-existence"},
    {SubIndication::kRevocationOutOfBoundsNoPoe, "proof-of-existence"},
    {SubIndication::kCryptoConstraintsFailureNoPoe, "proof-of-existence"},
    {SubIndication::kSignaturePolicyNotAvailable, "signature-policy"},
    {SubIndication::kSigConstraintsFailure, "other-policy"},
    {SubIndication::kChainConstraintsFailure, "other-policy"},
    {SubIndication::kCryptoConstraintsFailure, "other-policy"},
});

void AddRemedy(const Case& question, const Failure& failure, SignatureVerdict& verdict) {
  const auto remedy = std::ranges::find(kRemedies, failure.sub, &Remedy::sub);
  if (remedy == kRemedies.end()) return;
  // A proof helps only where there was a time at which all was well.
  if (remedy->code == "proof-of-existence" && !failure.until) return;
  base::Json values = ValuesOf(question, failure);
  if (failure.rule == Rule::kRevocationFresh)
    values.Set("thisUpdateFrom", base::FormatTime(verdict.best_signature_time));
  verdict.what_would_change_it.push_back({std::string(remedy->code), std::move(values)});
}

// Revocation data that was made before the signature was proven to exist (reference 2.5).
void NoteEarlyRevocation(const Case& question, const facts::Signature& signature,
                         SignatureVerdict& verdict) {
  if (signature.chain.empty() || !verdict.time_proven) return;
  const facts::Certificate* signer = question.Certificate(signature.chain.front());
  if (signer == nullptr) return;
  std::optional<base::Time> newest;
  for (const facts::RevocationStatus& status : signer->revocations) {
    const facts::Revocation* revocation = question.Revocation(status.revocation);
    if (revocation != nullptr && revocation->this_update)
      newest = std::max(newest.value_or(*revocation->this_update), *revocation->this_update);
  }
  if (!newest || *newest >= verdict.best_signature_time) return;
  base::Json values;
  values.Set("seconds", static_cast<std::int64_t>((verdict.best_signature_time - *newest).count()));
  values.Set("thisUpdate", base::FormatTime(*newest));
  values.Set("bestSignatureTime", base::FormatTime(verdict.best_signature_time));
  verdict.notes.push_back({"revocation-predates-timestamp", std::move(values)});
}

}  // namespace

void Explain(const Case& question, const facts::Signature& signature,
             const std::vector<Failure>& failures, const std::vector<Failure>& last,
             SignatureVerdict& verdict) {
  for (const Failure& failure : last) AddRemedy(question, failure, verdict);
  NoteEarlyRevocation(question, signature, verdict);
  // What would fail today and stands only because of its proofs.
  if (verdict.archival.passed())
    for (const Failure& failure : failures)
      verdict.notes.push_back({"stands-by-proof-of-existence", ValuesOf(question, failure)});
}

}  // namespace signing
