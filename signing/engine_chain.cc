#include "signing/engine_chain.h"

#include <algorithm>

#include "signing/engine_crypto.h"
#include "signing/engine_revocation.h"

namespace signing {
namespace {

using facts::Certificate;

bool HasAny(const std::set<std::string>& set, const std::vector<std::string>& wanted) {
  return std::ranges::any_of(wanted, [&](const std::string& item) { return set.contains(item); });
}

bool OnlyKnown(const std::set<std::string>& set, const std::vector<std::string>& known) {
  return std::ranges::all_of(
      set, [&](const std::string& item) { return std::ranges::find(known, item) != known.end(); });
}

base::Json Texts(const std::set<std::string>& set) {
  base::Json list{base::Json::Array{}};
  for (const std::string& item : set) list.Push(item);
  return list;
}

// One certificate of the chain (sub-XCV).
class CertificateCheck {
 public:
  CertificateCheck(const Case& question, Scope scope, Part part, const Certificate& certificate,
                   base::Time at)
      : question_(question),
        scope_(scope),
        part_(part),
        certificate_(certificate),
        at_(at),
        block_("XCV", certificate.id, Expected(part)) {}

  // `below`: how many authorities are under this one.
  Block Run(int below) && {
    Profile(below);
    Status();
    Validity();
    SignerInTime();
    CheckCrypto(question_, scope_, part_, certificate_.id, certificate_.seal.algorithm, at_,
                block_);
    return std::move(block_);
  }

 private:
  static std::vector<Rule> Expected(Part part) {
    std::vector<Rule> rules{
        Rule::kSealIntact,         Rule::kNotExpired,          Rule::kKeyUsage,
        Rule::kNameConstraints,    Rule::kPolicyConstraints,   Rule::kForbiddenExtensions,
        Rule::kCriticalExtensions, Rule::kRevocationAvailable, Rule::kNotRevoked,
        Rule::kNotOnHold,          Rule::kRevocationFresh,     Rule::kCryptographic};
    if (part == Part::kAuthority) {
      rules.push_back(Rule::kAuthorityFlag);
      rules.push_back(Rule::kPathLength);
    } else {
      rules.push_back(Rule::kExtendedKeyUsage);
    }
    return rules;
  }

  const Constraint& Of(Rule rule) const { return question_.policy.Of(scope_, part_, rule); }

  bool Check(Rule rule, bool holds, SubIndication sub, base::Json values = {}) {
    return block_.Check(rule, Of(rule).level, holds, sub, std::move(values));
  }

  void Profile(int below) {
    constexpr auto kChain = SubIndication::kChainConstraintsFailure;
    Check(Rule::kSealIntact, certificate_.seal.intact.value_or(false),
          SubIndication::kCertificateChainGeneralFailure);
    // RFC 5280, 4.2.1.3: without the extension a key may be used for anything.
    const auto& usages = Of(Rule::kKeyUsage).values;
    Check(Rule::kKeyUsage, usages.empty() || HasAny(certificate_.key_usages, usages), kChain,
          Texts(certificate_.key_usages));
    if (part_ == Part::kSigner) {
      const auto& purposes = Of(Rule::kExtendedKeyUsage).values;
      // RFC 3161, 2.3: the key of a time-stamping unit has no other purpose.
      const bool sole =
          scope_ != Scope::kTimestamp || OnlyKnown(certificate_.extended_key_usages, purposes);
      Check(Rule::kExtendedKeyUsage,
            purposes.empty() || (HasAny(certificate_.extended_key_usages, purposes) && sole),
            kChain, Texts(certificate_.extended_key_usages));
    } else {
      Check(Rule::kAuthorityFlag, certificate_.is_authority.value_or(false), kChain);
      Check(Rule::kPathLength, !certificate_.path_length || *certificate_.path_length >= below,
            kChain);
    }
    Check(Rule::kNameConstraints, certificate_.names_permitted, kChain);
    Check(Rule::kPolicyConstraints, certificate_.policies_permitted, kChain);
    Check(Rule::kForbiddenExtensions,
          !HasAny(certificate_.extensions, Of(Rule::kForbiddenExtensions).values), kChain);
    Check(Rule::kCriticalExtensions,
          OnlyKnown(certificate_.critical_extensions, Of(Rule::kCriticalExtensions).values), kChain,
          Texts(certificate_.critical_extensions));
  }

  void NoStatusNeeded() {
    for (const Rule rule :
         {Rule::kRevocationAvailable, Rule::kNotRevoked, Rule::kNotOnHold, Rule::kRevocationFresh})
      block_.Check(rule, Level::kIgnore, true, SubIndication::kNone);
  }

  void Status() {
    if (SkipsRevocation(question_.policy, scope_, part_, certificate_)) return NoStatusNeeded();
    const bool available = !certificate_.revocations.empty();
    Check(Rule::kRevocationAvailable, available, SubIndication::kCertificateChainGeneralFailure);
    if (!available) {
      for (const Rule rule : {Rule::kNotRevoked, Rule::kNotOnHold, Rule::kRevocationFresh})
        block_.Check(rule, Level::kIgnore, true, SubIndication::kNone);
      return;
    }
    choice_ = ChooseRevocation(question_, scope_, part_, certificate_, at_, block_);
    Check(Rule::kRevocationAcceptable, choice_.status != nullptr,
          SubIndication::kCertificateChainGeneralFailure);
    if (choice_.status == nullptr) return NoStatusNeeded();
    Revoked(*choice_.status);
    Fresh(*choice_.revocation);
  }

  void Revoked(const facts::RevocationStatus& status) {
    const auto last_good = status.time.value_or(base::Time{}) - std::chrono::seconds{1};
    // What was revoked later was good at the time asked for.
    const bool by_now = !status.time || *status.time <= at_;
    base::Json values;
    values.Set("revocation", status.revocation);
    if (status.time) values.Set("time", base::FormatTime(*status.time));
    if (!status.reason.empty()) values.Set("reason", status.reason);
    const auto revoked =
        part_ == Part::kSigner ? SubIndication::kRevokedNoPoe : SubIndication::kRevokedCaNoPoe;
    block_.Check(Rule::kNotRevoked, Of(Rule::kNotRevoked).level,
                 !by_now || status.status != facts::Status::kRevoked,
                 Failure{revoked, Rule::kNotRevoked, certificate_.id, last_good, {}}, values);
    block_.Check(
        Rule::kNotOnHold, Of(Rule::kNotOnHold).level,
        !by_now || status.status != facts::Status::kOnHold,
        Failure{SubIndication::kTryLater, Rule::kNotOnHold, certificate_.id, last_good, {}},
        values);
  }

  void Fresh(const facts::Revocation& revocation) {
    const Constraint& constraint = Of(Rule::kRevocationFresh);
    const auto until = FreshUntil(revocation, constraint);
    base::Json values;
    values.Set("revocation", revocation.id);
    if (until) values.Set("freshUntil", base::FormatTime(*until));
    block_.Check(
        Rule::kRevocationFresh, constraint.level, until && at_ <= *until,
        Failure{SubIndication::kTryLater, Rule::kRevocationFresh, revocation.id, until, {}},
        std::move(values));
  }

  const Certificate* RevocationSigner() const {
    if (choice_.revocation == nullptr || choice_.revocation->chain.empty()) return nullptr;
    return question_.Certificate(choice_.revocation->chain.front());
  }

  bool IsSignerInTime(const Certificate& signer) const {
    return IsAnchorAt(signer, Scope::kRevocation, 0, at_) ||
           (signer.not_before <= at_ && at_ <= signer.not_after);
  }

  void SignerInTime() {
    const Certificate* signer = RevocationSigner();
    if (signer == nullptr) return;
    // Whoever asks about a time before the signer began to be valid has no proof to hope for.
    const bool ended = signer->not_after < at_;
    block_.Check(Rule::kRevocationSignerInTime, Of(Rule::kRevocationSignerInTime).level,
                 IsSignerInTime(*signer),
                 Failure{SubIndication::kRevocationOutOfBoundsNoPoe, Rule::kRevocationSignerInTime,
                         choice_.revocation->id,
                         ended ? std::optional(signer->not_after) : std::nullopt, std::nullopt});
  }

  void Validity() {
    const bool in_time = certificate_.not_before <= at_ && at_ <= certificate_.not_after;
    const Certificate* signer = RevocationSigner();
    const bool demanded = Of(Rule::kRevocationSignerInTime).level == Level::kFail;
    const bool known_good = choice_.status != nullptr &&
                            choice_.status->status == facts::Status::kGood && signer != nullptr &&
                            (!demanded || IsSignerInTime(*signer));
    base::Json values;
    values.Set("notBefore", base::FormatTime(certificate_.not_before));
    values.Set("notAfter", base::FormatTime(certificate_.not_after));
    values.Set("at", base::FormatTime(at_));
    const auto sub = known_good && part_ == Part::kSigner ? SubIndication::kOutOfBoundsNotRevoked
                                                          : SubIndication::kOutOfBoundsNoPoe;
    block_.Check(Rule::kNotExpired, Of(Rule::kNotExpired).level, in_time,
                 Failure{sub, Rule::kNotExpired, certificate_.id, certificate_.not_after,
                         certificate_.not_before},
                 std::move(values));
  }

  const Case& question_;
  Scope scope_;
  Part part_;
  const Certificate& certificate_;
  base::Time at_;
  Block block_;
  RevocationChoice choice_;
};

// The anchor that ended in time may have been one when the object came into being.
const Certificate* EndedAnchor(const std::vector<const Certificate*>& chain, Scope scope) {
  for (std::size_t i = 0; i < chain.size(); ++i)
    if (IsAnchor(*chain[i], scope, i)) return chain[i];
  return nullptr;
}

}  // namespace

Block ValidateChain(const Case& question, Scope scope, const std::string& object,
                    const std::vector<facts::Id>& ids, base::Time at) {
  Block block("XCV", object, {Rule::kChainFound});
  auto chain = question.Chain(scope, ids, at);
  const Level level = question.policy.Of(scope, Part::kToken, Rule::kChainFound).level;
  const bool anchored = EndsInAnchor(chain, scope, at);
  const Certificate* ended = anchored ? nullptr : EndedAnchor(chain, scope);
  if (ended != nullptr && ended->anchor_until) {
    block.Check(Rule::kChainFound, level, false,
                Failure{SubIndication::kNoCertificateChainFoundNoPoe, Rule::kChainFound, ended->id,
                        ended->anchor_until, ended->anchor_from});
    while (chain.back() != ended) chain.pop_back();
  } else if (!block.Check(Rule::kChainFound, level, anchored,
                          SubIndication::kNoCertificateChainFound)) {
    return block;
  }
  const bool closed = !chain.empty() && IsAnchor(*chain.back(), scope, chain.size() - 1);
  const std::size_t count = closed ? chain.size() - 1 : chain.size();
  for (std::size_t i = 0; i < count; ++i) {
    const Part part = i == 0 ? Part::kSigner : Part::kAuthority;
    block.Absorb(
        CertificateCheck(question, scope, part, *chain[i], at).Run(static_cast<int>(i) - 1));
  }
  return block;
}

}  // namespace signing
