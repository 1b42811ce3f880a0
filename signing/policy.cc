#include "signing/policy.h"

#include "base/bytes.h"

namespace signing {

const Constraint& Policy::Of(Scope scope, Part part, Rule rule) const {
  static const Constraint kAbsent;
  const auto found = rules.find({scope, part, rule});
  return found == rules.end() ? kAbsent : found->second;
}

const AlgorithmSuite& Policy::SuiteOf(Scope scope, Part part) const {
  const auto found = own_suites.find({scope, part});
  return found == own_suites.end() ? suite : found->second;
}

base::Sha256Digest PolicyDigest(const Policy& policy) {
  return base::Sha256(base::AsBytes(PolicyToJson(policy).Dump()));
}

}  // namespace signing
