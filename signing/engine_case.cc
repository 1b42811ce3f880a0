#include "signing/engine_case.h"

namespace signing {

const facts::Certificate* Case::Certificate(const facts::Id& id) const {
  const auto found = document.certificates.find(id);
  return found == document.certificates.end() ? nullptr : &found->second;
}

const facts::Revocation* Case::Revocation(const facts::Id& id) const {
  const auto found = document.revocations.find(id);
  return found == document.revocations.end() ? nullptr : &found->second;
}

std::vector<const facts::Certificate*> Case::Chain(Scope scope, const std::vector<facts::Id>& ids,
                                                   base::Time time) const {
  std::vector<const facts::Certificate*> chain;
  for (const facts::Id& id : ids) {
    const facts::Certificate* certificate = Certificate(id);
    if (certificate == nullptr) break;
    chain.push_back(certificate);
    if (EndsInAnchor(chain, scope, time)) break;
  }
  return chain;
}

bool IsAnchor(const facts::Certificate& certificate, Scope scope, std::size_t position) {
  using facts::AnchorUse;
  const auto is_for = [&](AnchorUse use) { return certificate.anchor_for.contains(use); };
  if (position > 0) return is_for(AnchorUse::kAuthority);
  switch (scope) {
    case Scope::kSignature:
    case Scope::kCounterSignature: return is_for(AnchorUse::kSigner);
    case Scope::kTimestamp: return is_for(AnchorUse::kTimestamp);
    // An authority answers for what it has issued: RFC 6960, 4.2.2.2; RFC 5280, 6.3.3 (f).
    case Scope::kRevocation: return is_for(AnchorUse::kRevocation) || is_for(AnchorUse::kAuthority);
    case Scope::kEvidenceRecord: return false;  // Has no signer of its own.
  }
  return false;
}

bool IsAnchorAt(const facts::Certificate& certificate, Scope scope, std::size_t position,
                base::Time at) {
  if (!IsAnchor(certificate, scope, position)) return false;
  if (certificate.anchor_from && at < *certificate.anchor_from) return false;
  return !certificate.anchor_until || at <= *certificate.anchor_until;
}

bool EndsInAnchor(const std::vector<const facts::Certificate*>& chain, Scope scope, base::Time at) {
  return !chain.empty() && IsAnchorAt(*chain.back(), scope, chain.size() - 1, at);
}

}  // namespace signing
