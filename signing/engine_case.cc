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

std::vector<const facts::Certificate*> Case::Chain(const std::vector<facts::Id>& ids,
                                                   base::Time time) const {
  std::vector<const facts::Certificate*> chain;
  for (const facts::Id& id : ids) {
    const facts::Certificate* certificate = Certificate(id);
    if (certificate == nullptr) break;
    chain.push_back(certificate);
    if (IsAnchorAt(*certificate, time)) break;
  }
  return chain;
}

bool IsAnchorAt(const facts::Certificate& certificate, base::Time at) {
  if (!certificate.anchor) return false;
  if (certificate.anchor_from && at < *certificate.anchor_from) return false;
  return !certificate.anchor_until || at <= *certificate.anchor_until;
}

}  // namespace signing
