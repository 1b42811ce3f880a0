#include "signing/engine_blocks.h"

#include <algorithm>

#include "signing/engine_crypto.h"

namespace signing {
namespace {

constexpr auto kConstraints = SubIndication::kSigConstraintsFailure;

base::Json Named(std::string_view name, const std::string& value) {
  base::Json json;
  json.Set(name, value);
  return json;
}

bool CarriesData(const facts::Digest& digest) {
  return digest.kind != facts::DigestKind::kManifestEntry;
}

// The first digest for which `holds` is false; nullptr when there is none.
template <typename Select, typename Holds>
const facts::Digest* FirstBad(const std::vector<facts::Digest>& digests, Select selected,
                              Holds holds) {
  const auto found = std::ranges::find_if(
      digests, [&](const facts::Digest& digest) { return selected(digest) && !holds(digest); });
  return found == digests.end() ? nullptr : &*found;
}

bool IsFound(const facts::Digest& digest) {
  return digest.found && !digest.ambiguous;
}
bool IsIntact(const facts::Digest& digest) {
  return !IsFound(digest) || digest.intact;
}
bool IsEntry(const facts::Digest& digest) {
  return !CarriesData(digest);
}

}  // namespace

Scope ScopeOfSignature(const facts::Signature& signature) {
  return signature.counter_signature ? Scope::kCounterSignature : Scope::kSignature;
}

Block CheckFormat(const Case& question, Scope scope, const facts::Signature& signature) {
  Block block("FC", signature.id, {Rule::kFormat, Rule::kSingleSigner, Rule::kNotDuplicated});
  const auto check = [&](Rule rule, bool holds, base::Json values = {}) {
    block.Check(rule, question.policy.Of(scope, Part::kToken, rule).level, holds,
                SubIndication::kFormatFailure, std::move(values));
  };
  const bool sound = signature.problems.empty();
  check(Rule::kFormat, sound, sound ? base::Json() : Named("problem", signature.problems.front()));
  check(Rule::kSingleSigner, signature.signers == 1);
  check(Rule::kNotDuplicated, !signature.duplicate);
  if (!question.document.container) return block;
  const facts::Container& container = *question.document.container;
  check(Rule::kContainerManifest, !container.manifest_needed || container.manifest_present);
  check(Rule::kContainerSignedFiles, container.signed_files_present);
  return block;
}

Block IdentifySigner(const Case& question, Scope scope, const std::string& object,
                     const std::vector<facts::Id>& chain, const facts::SignerReference& reference) {
  Block block("ISC", object, {Rule::kSignerKnown, Rule::kSignerReference});
  constexpr auto kNotFound = SubIndication::kNoSigningCertificateFound;
  const auto check = [&](Rule rule, bool holds) {
    return block.Check(rule, question.policy.Of(scope, Part::kToken, rule).level, holds, kNotFound);
  };
  const bool known = !chain.empty() && question.Certificate(chain.front()) != nullptr;
  // No policy can do without the certificate.
  if (!block.Check(Rule::kSignerKnown, Level::kFail, known, kNotFound)) return block;
  check(Rule::kSignerReference, reference.present);
  check(Rule::kSignerReferenceDigest,
        !reference.present || reference.digest_matches.value_or(false));
  check(Rule::kSignerReferenceIssuer, reference.issuer_matches.value_or(true));
  return block;
}

Block CheckSignaturePolicy(const Case& question, Scope scope, const facts::Signature& signature) {
  Block block("VCI", signature.id, {Rule::kPolicyAvailable, Rule::kPolicyDigest});
  const facts::SignaturePolicy none{true, true, true, false};
  const facts::SignaturePolicy& policy = signature.policy ? *signature.policy : none;
  block.Check(Rule::kPolicyAvailable,
              question.policy.Of(scope, Part::kToken, Rule::kPolicyAvailable).level,
              policy.implied || policy.available, SubIndication::kSignaturePolicyNotAvailable);
  block.Check(Rule::kPolicyDigest,
              question.policy.Of(scope, Part::kToken, Rule::kPolicyDigest).level,
              policy.implied || policy.zero_digest || policy.digest_matches,
              SubIndication::kPolicyProcessingError);
  return block;
}

Block VerifyCryptographically(const Case& question, Scope scope, const std::string& object,
                              const std::vector<facts::Digest>& digests, const facts::Seal& seal) {
  Block block("CV", object, {Rule::kDataFound, Rule::kDataIntact, Rule::kValueIntact});
  const auto check = [&](Rule rule, const facts::Digest* bad, SubIndication sub) {
    block.Check(rule, question.policy.Of(scope, Part::kToken, rule).level, bad == nullptr, sub,
                bad == nullptr ? base::Json() : Named("name", bad->name));
  };
  // A signature over nothing covers no data.
  if (digests.empty()) {
    block.Check(Rule::kDataFound, Level::kFail, false, SubIndication::kSignedDataNotFound);
    return block;
  }
  check(Rule::kDataFound, FirstBad(digests, CarriesData, IsFound),
        SubIndication::kSignedDataNotFound);
  check(Rule::kDataIntact, FirstBad(digests, CarriesData, IsIntact), SubIndication::kHashFailure);
  check(Rule::kManifestEntryFound, FirstBad(digests, IsEntry, IsFound),
        SubIndication::kSignedDataNotFound);
  check(Rule::kManifestEntryIntact, FirstBad(digests, IsEntry, IsIntact),
        SubIndication::kHashFailure);
  // A value that could not be checked is no proof of anything: neither right nor wrong.
  if (!seal.intact) return block;
  block.Check(Rule::kValueIntact, question.policy.Of(scope, Part::kToken, Rule::kValueIntact).level,
              *seal.intact, SubIndication::kSigCryptoFailure);
  return block;
}

Block AcceptSignature(const Case& question, Scope scope, const facts::Signature& signature,
                      base::Time at) {
  Block block("SAV", signature.id,
              {Rule::kStructure, Rule::kSignerReferenceUnique, Rule::kSigningTime,
               Rule::kSigningTimeInRange, Rule::kSignedProperties, Rule::kCryptographic});
  const auto check = [&](Rule rule, bool holds) {
    block.Check(rule, question.policy.Of(scope, Part::kToken, rule).level, holds, kConstraints);
  };
  check(Rule::kStructure, signature.structure_warnings.empty());
  check(Rule::kSignerReferenceUnique, signature.signer_reference.unique);
  check(Rule::kSigningTime, signature.claimed_time.has_value());
  const facts::Certificate* signer =
      signature.chain.empty() ? nullptr : question.Certificate(signature.chain.front());
  const bool in_range = signer == nullptr || !signature.claimed_time ||
                        (signer->not_before <= *signature.claimed_time &&
                         *signature.claimed_time <= signer->not_after);
  check(Rule::kSigningTimeInRange, in_range);
  check(Rule::kSignedProperties,
        std::ranges::any_of(signature.digests, [](const facts::Digest& digest) {
          return digest.kind == facts::DigestKind::kSignedProperties;
        }));
  CheckCrypto(question, scope, Part::kToken, signature.id, signature.seal.algorithm, at, block);
  for (const facts::Digest& digest : signature.digests)
    if (!digest.algorithm.empty())
      CheckDigestCrypto(question, scope, signature.id, digest.algorithm, at, block);
  return block;
}

Block AcceptTimestamp(const Case& question, const facts::Timestamp& timestamp, base::Time at) {
  Block block("SAV", timestamp.id, {Rule::kCryptographic});
  CheckCrypto(question, Scope::kTimestamp, Part::kToken, timestamp.id, timestamp.seal.algorithm, at,
              block);
  for (const facts::Digest& digest : timestamp.digests)
    if (!digest.algorithm.empty())
      CheckDigestCrypto(question, Scope::kTimestamp, timestamp.id, digest.algorithm, at, block);
  return block;
}

}  // namespace signing
