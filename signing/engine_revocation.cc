#include "signing/engine_revocation.h"

#include <algorithm>

#include "signing/engine_crypto.h"

namespace signing {
namespace {

constexpr auto kUnacceptable = SubIndication::kCertificateChainGeneralFailure;

base::Json TimeJson(const std::optional<base::Time>& time) {
  return time ? base::Json(base::FormatTime(*time)) : base::Json();
}

base::Json ValuesOf(const facts::Revocation& revocation, const facts::Certificate& certificate) {
  base::Json json;
  json.Set("certificate", certificate.id);
  json.Set("thisUpdate", TimeJson(revocation.this_update));
  json.Set("nextUpdate", TimeJson(revocation.next_update));
  return json;
}

base::Time ProducedAt(const facts::Revocation& revocation) {
  if (revocation.produced_at) return *revocation.produced_at;
  return revocation.this_update.value_or(base::Time{});
}

bool IsIn(const facts::Certificate& certificate, base::Time time) {
  return certificate.not_before <= time && time <= certificate.not_after;
}

// Where the chain of the revocation data ends: at an anchor of now, or of when it was made.
std::vector<const facts::Certificate*> TrustedChain(const Case& question,
                                                    const facts::Revocation& revocation,
                                                    base::Time at) {
  for (const base::Time time : {at, ProducedAt(revocation)}) {
    auto chain = question.Chain(Scope::kRevocation, revocation.chain, time);
    if (EndsInAnchor(chain, Scope::kRevocation, time)) return chain;
  }
  return {};
}

// What the extensions of one of them must allow. What a responder needs to be one is not here:
// facts::Revocation::signer_authorised says it.
void CheckProfile(const Case& question, const facts::Certificate& certificate, Part part, int below,
                  Block& block) {
  const auto check = [&](Rule rule, bool holds) {
    block.Check(rule, question.policy.Of(Scope::kRevocation, part, rule).level, holds,
                kUnacceptable);
  };
  const auto values = [&](Rule rule) {
    return question.policy.Of(Scope::kRevocation, part, rule).values;
  };
  const auto has_one_of = [](const std::set<std::string>& set,
                             const std::vector<std::string>& wanted) {
    return std::ranges::any_of(wanted, [&](const std::string& item) { return set.contains(item); });
  };
  check(Rule::kNameConstraints, certificate.names_permitted);
  check(Rule::kPolicyConstraints, certificate.policies_permitted);
  check(Rule::kForbiddenExtensions,
        !has_one_of(certificate.extensions, values(Rule::kForbiddenExtensions)));
  const auto known = values(Rule::kCriticalExtensions);
  check(Rule::kCriticalExtensions,
        std::ranges::all_of(certificate.critical_extensions, [&](const std::string& extension) {
          return std::ranges::find(known, extension) != known.end();
        }));
  if (part != Part::kAuthority) return;
  check(Rule::kAuthorityFlag, certificate.is_authority.value_or(false));
  check(Rule::kPathLength, !certificate.path_length || *certificate.path_length >= below);
  const auto usages = values(Rule::kKeyUsage);
  check(Rule::kKeyUsage, usages.empty() || has_one_of(certificate.key_usages, usages));
}

// The signer of the revocation data and the authorities above it, up to the anchor.
void CheckSigners(const Case& question, const std::vector<const facts::Certificate*>& chain,
                  base::Time at, int depth, Block& block) {
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    const facts::Certificate& certificate = *chain[i];
    const Part part = i == 0 ? Part::kSigner : Part::kAuthority;
    const auto level = [&](Rule rule) {
      return question.policy.Of(Scope::kRevocation, part, rule).level;
    };
    block.Check(Rule::kSealIntact, level(Rule::kSealIntact),
                certificate.seal.intact.value_or(false), kUnacceptable);
    CheckProfile(question, certificate, part, static_cast<int>(i) - 1, block);
    CheckCrypto(question, Scope::kRevocation, part, certificate.id, certificate.seal.algorithm, at,
                block);
    if (SkipsRevocation(question.policy, Scope::kRevocation, part, certificate)) continue;
    const bool available = !certificate.revocations.empty();
    if (!block.Check(Rule::kRevocationAvailable, level(Rule::kRevocationAvailable), available,
                     kUnacceptable))
      continue;
    if (!available) continue;
    const RevocationChoice choice =
        ChooseAtDepth(question, Scope::kRevocation, part, certificate, at, depth + 1, block);
    block.Check(Rule::kRevocationAcceptable, level(Rule::kRevocationAcceptable),
                choice.status != nullptr, kUnacceptable);
    if (choice.status == nullptr) continue;
    // A responder that was revoked later spoke truly before.
    const bool revoked = choice.status->status == facts::Status::kRevoked &&
                         choice.status->time.value_or(base::Time{}) <= at;
    block.Check(Rule::kNotRevoked, level(Rule::kNotRevoked), !revoked, kUnacceptable);
  }
}

}  // namespace

bool CoversCertificate(const Case& question, const facts::Revocation& revocation,
                       const facts::Certificate& certificate) {
  if (!revocation.this_update) return false;
  if (*revocation.this_update <= certificate.not_after) return true;
  if (revocation.certificate_hash_matches.value_or(false)) return true;
  if (revocation.expired_certificates_from)
    return *revocation.expired_certificates_from <= certificate.not_after;
  // TS 119 612, 5.5.9.1: the list may say the same of the service that issued the data.
  return std::ranges::any_of(revocation.chain, [&](const facts::Id& id) {
    const facts::Certificate* signer = question.Certificate(id);
    return signer != nullptr &&
           std::ranges::any_of(signer->trust, [&](const facts::TrustPeriod& period) {
             return period.expired_certificates_from &&
                    *period.expired_certificates_from <= certificate.not_after;
           });
  });
}

bool SkipsRevocation(const Policy& policy, Scope scope, Part part,
                     const facts::Certificate& certificate) {
  if (part == Part::kSigner && scope == Scope::kRevocation && certificate.no_check) return true;
  const Constraint& skip = policy.Of(scope, part, Rule::kRevocationSkip);
  return std::ranges::any_of(skip.values, [&](const std::string& extension) {
    return certificate.extensions.contains(extension);
  });
}

Block AcceptRevocation(const Case& question, const facts::Certificate& certificate,
                       const facts::RevocationStatus& status, base::Time at, int depth) {
  Block block("RAC", status.revocation,
              {Rule::kStatusKnown, Rule::kThisUpdate, Rule::kSignerKnown, Rule::kResponderId,
               Rule::kValueIntact, Rule::kChainFound, Rule::kSignerInTime, Rule::kAfterIssuance,
               Rule::kCoversCertificate, Rule::kCryptographic});
  const auto level = [&](Rule rule) {
    return question.policy.Of(Scope::kRevocation, Part::kToken, rule).level;
  };
  const facts::Revocation* revocation = question.Revocation(status.revocation);
  if (revocation == nullptr || depth >= kMaxRevocationDepth) {
    block.Check(Rule::kSignerKnown, Level::kFail, false, kUnacceptable);
    return block;
  }
  const auto chain = TrustedChain(question, *revocation, at);
  const facts::Certificate* signer =
      revocation->chain.empty() ? nullptr : question.Certificate(revocation->chain.front());
  const auto check = [&](Rule rule, bool holds, SubIndication sub = kUnacceptable) {
    return block.Check(rule, level(rule), holds, sub, ValuesOf(*revocation, certificate));
  };
  check(Rule::kStatusKnown, status.status != facts::Status::kUnknown);
  check(Rule::kThisUpdate, revocation->this_update.has_value());
  if (!check(Rule::kSignerKnown, signer != nullptr) || signer == nullptr) return block;
  check(Rule::kResponderId, revocation->responder_id_matches && revocation->signer_authorised);
  check(Rule::kValueIntact, revocation->seal.intact.value_or(false),
        SubIndication::kSigCryptoFailure);
  // A revocation made in the future proves nothing about now.
  check(Rule::kSignerInTime, IsIn(*signer, ProducedAt(*revocation)));
  check(Rule::kAfterIssuance,
        revocation->this_update && *revocation->this_update >= certificate.not_before);
  check(Rule::kCoversCertificate, CoversCertificate(question, *revocation, certificate));
  CheckCrypto(question, Scope::kRevocation, Part::kToken, revocation->id,
              revocation->seal.algorithm, at, block);
  if (check(Rule::kChainFound, !chain.empty(), SubIndication::kNoCertificateChainFound))
    CheckSigners(question, chain, at, depth, block);
  return block;
}

namespace {

// Only algorithms are in the way: a proof of existence may still help.
bool OnlyCrypto(const Block& block) {
  return std::ranges::all_of(block.failures(), [](const Failure& failure) {
    return failure.sub == SubIndication::kCryptoConstraintsFailureNoPoe;
  });
}

bool IsNewer(const facts::Revocation& left, const RevocationChoice& right) {
  return right.revocation == nullptr || ProducedAt(left) > ProducedAt(*right.revocation);
}

// What the report keeps of a candidate that was turned down: why, but not as a failure.
void NoteRefused(const Block& refused, Block& block) {
  for (const Failure& failure : refused.failures()) {
    base::Json values;
    values.Set("refused", NameOfRule(failure.rule));
    block.Check(Rule::kRevocationAcceptable, Level::kInform, false, failure, std::move(values));
  }
}

}  // namespace

RevocationChoice ChooseAtDepth(const Case& question, Scope, Part,
                               const facts::Certificate& certificate, base::Time at, int depth,
                               Block& block) {
  RevocationChoice clean;
  RevocationChoice weak;
  Block weak_block("RAC", certificate.id, {});
  for (const facts::RevocationStatus& status : certificate.revocations) {
    const Block accepted = AcceptRevocation(question, certificate, status, at, depth);
    const facts::Revocation* revocation = question.Revocation(status.revocation);
    const bool complete = !accepted.failures().empty() || accepted.conclusion().passed();
    if (revocation == nullptr || !complete || !OnlyCrypto(accepted)) {
      NoteRefused(accepted, block);
    } else if (accepted.failures().empty()) {
      if (IsNewer(*revocation, clean)) clean = {revocation, &status};
    } else if (IsNewer(*revocation, weak)) {
      weak = {revocation, &status};
      weak_block = accepted;
    }
  }
  if (clean.status != nullptr) return clean;
  if (weak.status != nullptr) block.Absorb(std::move(weak_block));
  return weak;
}

RevocationChoice ChooseRevocation(const Case& question, Scope scope, Part part,
                                  const facts::Certificate& certificate, base::Time at,
                                  Block& block) {
  return ChooseAtDepth(question, scope, part, certificate, at, 0, block);
}

std::optional<base::Time> FreshUntil(const facts::Revocation& revocation,
                                     const Constraint& constraint) {
  if (!revocation.this_update) return std::nullopt;
  base::Time until = *revocation.this_update + constraint.limit.value_or(std::chrono::seconds{0});
  const bool next_counts =
      std::ranges::find(constraint.values, "next-update") != constraint.values.end();
  if ((next_counts || !constraint.limit) && revocation.next_update)
    until = std::max(until, *revocation.next_update);
  return until;
}

}  // namespace signing
