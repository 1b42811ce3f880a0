#include "signing/engine_past.h"

#include <algorithm>

#include "signing/engine_chain.h"
#include "signing/engine_crypto.h"
#include "signing/engine_revocation.h"

namespace signing {
namespace {

// Whose existence mends a failure: that of the object with the weak algorithm, that of the
// revocation data, else that of the signature.
bool SpeaksOfItself(Rule rule) {
  return rule == Rule::kCryptographic || rule == Rule::kRevocationSignerInTime;
}

// May be used in the past: nothing stands against it that its own proof does not mend.
bool IsAcceptable(const Case& question, const facts::Certificate& certificate,
                  const facts::RevocationStatus& status, const ProofsOfExistence& proofs) {
  const Block block = AcceptRevocation(question, certificate, status, question.at, 0);
  if (block.failures().empty()) return block.conclusion().passed();
  return Unresolved(block.failures(), status.revocation, proofs).empty();
}

const facts::RevocationStatus* LatestProven(const Case& question,
                                            const facts::Certificate& certificate,
                                            const ProofsOfExistence& proofs, base::Time control) {
  const facts::RevocationStatus* best = nullptr;
  base::Time best_time{};
  for (const facts::RevocationStatus& status : certificate.revocations) {
    const facts::Revocation* revocation = question.Revocation(status.revocation);
    if (revocation == nullptr || !revocation->this_update) continue;
    const bool proven = *revocation->this_update <= control &&
                        proofs.Of(revocation->id) <= control &&
                        proofs.Of(certificate.id) <= control;
    if (!proven || (best != nullptr && *revocation->this_update <= best_time)) continue;
    if (!IsAcceptable(question, certificate, status, proofs)) continue;
    best = &status;
    best_time = *revocation->this_update;
  }
  return best;
}

// 5.6.2.2, step 3: how far one certificate moves the control time.
std::optional<base::Time> Slide(const Case& question, Scope scope, Part part,
                                const facts::Certificate& certificate,
                                const ProofsOfExistence& proofs, base::Time control) {
  const auto until = UsableUntil(question.policy.SuiteOf(scope, part), certificate.seal.algorithm);
  const bool judged = question.policy.Of(scope, part, Rule::kCryptographic).level == Level::kFail;
  if (judged) control = std::min(control, until.value_or(base::Time::min()));
  if (SkipsRevocation(question.policy, scope, part, certificate)) return control;
  const facts::RevocationStatus* status = LatestProven(question, certificate, proofs, control);
  if (status == nullptr) {
    const bool needed =
        question.policy.Of(scope, part, Rule::kRevocationAvailable).level == Level::kFail;
    if (needed) return std::nullopt;
    return control;
  }
  if (status->status == facts::Status::kRevoked || status->status == facts::Status::kOnHold)
    return std::min(control, status->time.value_or(base::Time{}) - std::chrono::seconds{1});
  const Constraint& fresh = question.policy.Of(scope, part, Rule::kRevocationFresh);
  const facts::Revocation* revocation = question.Revocation(status->revocation);
  const auto fresh_until = FreshUntil(*revocation, fresh);
  // "if it is not fresh, set control-time to the issuance time of the revocation status
  // information" (5.6.2.2.4).
  if (fresh.level == Level::kFail && fresh_until && *fresh_until < control)
    return std::min(control, std::max(*fresh_until, *revocation->this_update));
  return control;
}

}  // namespace

void ProofsOfExistence::Add(const std::string& object, base::Time time) {
  const auto [entry, added] = earliest_.try_emplace(object, time);
  if (!added) entry->second = std::min(entry->second, time);
}

void ProofsOfExistence::Add(const std::vector<std::string>& objects, base::Time time) {
  for (const std::string& object : objects) Add(object, time);
}

base::Time ProofsOfExistence::Of(const std::string& object) const {
  const auto found = earliest_.find(object);
  return found == earliest_.end() ? at_ : std::min(found->second, at_);
}

bool IsResolved(const Failure& failure, const std::string& object,
                const ProofsOfExistence& proofs) {
  if (!failure.until) return false;
  const base::Time existed = proofs.Of(SpeaksOfItself(failure.rule) ? failure.object : object);
  if (existed > *failure.until) return false;
  // Only the certificate's own period has a beginning that counts.
  return failure.rule != Rule::kNotExpired || !failure.from || existed >= *failure.from;
}

std::vector<Failure> Unresolved(const std::vector<Failure>& failures, const std::string& object,
                                const ProofsOfExistence& proofs) {
  std::vector<Failure> rest;
  std::ranges::copy_if(failures, std::back_inserter(rest), [&](const Failure& failure) {
    return !IsResolved(failure, object, proofs);
  });
  return rest;
}

std::optional<base::Time> SlideValidationTime(const Case& question, Scope scope,
                                              const std::vector<facts::Id>& ids,
                                              const ProofsOfExistence& proofs) {
  std::vector<const facts::Certificate*> chain;
  for (const facts::Id& id : ids) {
    const facts::Certificate* certificate = question.Certificate(id);
    if (certificate == nullptr) break;
    if (IsAnchor(*certificate, scope, chain.size())) break;
    chain.push_back(certificate);
  }
  std::optional<base::Time> control = question.at;
  for (std::size_t i = chain.size(); i-- > 0 && control;) {
    const Part part = i == 0 ? Part::kSigner : Part::kAuthority;
    control = Slide(question, scope, part, *chain[i], proofs, *control);
  }
  return control;
}

std::vector<Failure> ValidateInThePast(const Case& question, Scope scope, const std::string& object,
                                       const std::vector<facts::Id>& chain,
                                       const std::vector<Failure>& failures,
                                       const ProofsOfExistence& proofs) {
  std::vector<Failure> rest = Unresolved(failures, object, proofs);
  if (!rest.empty()) return rest;
  const auto control = SlideValidationTime(question, scope, chain, proofs);
  // 5.6.2.4.4: without a proof at or before the control time the present status stands.
  if (!control || proofs.Of(object) > *control) return failures;
  return {};
}

}  // namespace signing
