#include "hsm/guarded_signer.h"

#include <algorithm>
#include <optional>

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;

Error Denied(const char* reason, std::string what) {
  return {ErrorCode::kDenied, reason, std::move(what)};
}

// Each one that is asked for is among the items of the group, and is so once.
bool AreAmong(const std::vector<base::Sha256Digest>& asked, std::vector<base::Sha256Digest> items) {
  return std::ranges::all_of(asked, [&](const base::Sha256Digest& one) {
    const auto item = std::ranges::find(items, one);
    if (item == items.end()) return false;
    items.erase(item);
    return true;
  });
}

std::optional<Error> WhyNot(const Approval& approval, const KeyLabel& key, const Mandate& mandate,
                            const std::string& vault, base::Time now) {
  if (approval.vault != vault) return Denied("approval.other-vault", approval.vault);
  if (!(approval.key == key)) return Denied("approval.other-key", approval.key.text);
  if (approval.level != mandate.level) return Denied("approval.other-level", approval.level);
  if (approval.expires <= now) return Denied("approval.expired", approval.nonce);
  if (approval.expires > now + Approval::kLongest)
    return Denied("approval.too-long", approval.nonce);
  return std::nullopt;
}

// A nonce is of one key: another agency chooses its own, and may choose the same.
UseCounter::Use UseOf(const Approval& approval, std::size_t group) {
  return {
      .what = "approval/" + approval.key.text + "/" + approval.nonce + "/" + std::to_string(group),
      .limit = approval.uses,
      .until = approval.expires};
}

}  // namespace

// Another's key is as unknown as one that does not exist.
base::Result<const SealRule*> GuardedSigner::RuleFor(const KeyLabel& key,
                                                     const std::string& agency) const {
  const auto rule = config_.rules.find(key.text);
  if (rule == config_.rules.end() || rule->second.agency != agency || agency.empty())
    return Error{ErrorCode::kNotFound, "key.unknown", "no key " + key.text + " of " + agency};
  return &rule->second;
}

base::Result<GuardedSigner::Permit> GuardedSigner::Permitted(const Asked& asked) {
  ASSIGN_OR_RETURN(const SealRule* rule, RuleFor(asked.key, asked.mandate.agency));
  ASSIGN_OR_RETURN(const base::Time now, uses_.NoEarlierThan(clock_.Now()));
  // The token keeps the two apart as well, by the keys' purpose.
  if (rule->signs_hashes != asked.hashes)
    return Denied("key.other-purpose", asked.key.text + " is for the other of seals and hashes");
  return rule->approvers.empty() ? ByQuota(asked, *rule, now) : ByApproval(asked, *rule, now);
}

base::Result<Approval> GuardedSigner::Approved(const Asked& asked, const SealRule& rule,
                                               base::Time now) const {
  const Mandate& mandate = asked.mandate;
  if (mandate.approval.empty())
    return Denied("approval.required", "key " + asked.key.text + " is not unattended");
  ASSIGN_OR_RETURN(Approval approval, OpenApproval(mandate.approval, rule.approvers));
  if (const auto error = WhyNot(approval, asked.key, mandate, config_.vault, now)) return *error;
  if (mandate.group >= approval.groups.size() || mandate.items.size() > SealBatch::kMost ||
      !(GroupDigest(mandate.items) == approval.groups[mandate.group]) ||
      !AreAmong(asked.items(), mandate.items))
    return Denied("approval.other-documents", approval.nonce);
  return approval;
}

base::Result<GuardedSigner::Permit> GuardedSigner::ByApproval(const Asked& asked,
                                                              const SealRule& rule,
                                                              base::Time now) {
  ASSIGN_OR_RETURN(const Approval approval, Approved(asked, rule, now));
  const UseCounter::Use use = UseOf(approval, asked.mandate.group);
  ASSIGN_OR_RETURN(const std::uint32_t taken, uses_.Take(use, 1, now));
  if (taken == 0) return Error{ErrorCode::kConflict, "approval.used", approval.nonce};
  return Permit{.signatures = asked.count, .use = use, .is_of_quota = false};
}

base::Result<GuardedSigner::Permit> GuardedSigner::ByQuota(const Asked& asked, const SealRule& rule,
                                                           base::Time now) {
  // So many of an hour's quota are counted ahead at most, or a part of it, rounded down. They are
  // lost with the process: who ends the keyholder again and again must not spend the quota.
  constexpr std::uint32_t kMostAhead = 64;
  constexpr std::uint32_t kParts = 1000;
  const auto hour = std::chrono::floor<std::chrono::hours>(now);
  const UseCounter::Use use{.what = "quota/" + asked.key.text + "/" + base::FormatTime(hour),
                            .limit = rule.hourly,
                            .until = hour + std::chrono::hours(1)};
  const auto wanted = static_cast<std::uint32_t>(asked.count);
  const std::lock_guard lock(mutex_);
  Ahead& ahead = ahead_[asked.key.text];
  if (ahead.hour != use.what) ahead = {.hour = use.what, .left = 0};
  if (ahead.left < wanted) {
    const std::uint32_t more =
        std::max(wanted - ahead.left, std::min(rule.hourly / kParts, kMostAhead));
    ASSIGN_OR_RETURN(const std::uint32_t taken, uses_.Take(use, more, now));
    ahead.left += taken;
  }
  const std::uint32_t granted = std::min(ahead.left, wanted);
  if (granted == 0)
    return Error{ErrorCode::kUnavailable, "key.quota-spent",
                 asked.key.text + ": " + std::to_string(rule.hourly) + " in an hour"};
  ahead.left -= granted;
  return Permit{.signatures = granted, .use = use, .is_of_quota = true};
}

void GuardedSigner::Settle(const KeyLabel& key, const Permit& permit, std::size_t made) {
  if (!permit.is_of_quota) {
    if (made == 0) uses_.GiveBack(permit.use, 1);
    return;
  }
  const std::lock_guard lock(mutex_);
  Ahead& ahead = ahead_[key.text];
  if (ahead.hour == permit.use.what)
    ahead.left += static_cast<std::uint32_t>(permit.signatures - made);
}

base::Result<SealingCertificate> GuardedSigner::Certificate(const KeyLabel& key,
                                                            const std::string& agency) {
  RETURN_IF_ERROR(RuleFor(key, agency));
  return token_.Certificate(key);
}

base::Result<Seal> GuardedSigner::SealReferences(const SealRequest& request) {
  ASSIGN_OR_RETURN(const Permit permit,
                   Permitted({.key = request.key,
                              .mandate = request.mandate,
                              .count = 1,
                              .items = [&] { return std::vector{ItemDigest(request.references)}; },
                              .hashes = false}));
  auto seal = token_.SealReferences(request);
  Settle(request.key, permit, seal.ok() ? 1 : 0);
  return seal;
}

base::Result<SealedBatch> GuardedSigner::SealAll(const SealBatch& batch) {
  if (batch.signatures.empty()) return token_.SealAll(batch);  // Says what is wrong with it.
  const auto items = [&] {
    std::vector<base::Sha256Digest> digests;
    for (const auto& references : batch.signatures) digests.push_back(ItemDigest(references));
    return digests;
  };
  ASSIGN_OR_RETURN(const Permit permit, Permitted({.key = batch.key,
                                                   .mandate = batch.mandate,
                                                   .count = batch.signatures.size(),
                                                   .items = items,
                                                   .hashes = false}));
  SealBatch permitted = batch;
  permitted.signatures.resize(permit.signatures);
  auto sealed = token_.SealAll(permitted);
  Settle(batch.key, permit, sealed.ok() ? sealed.value().seals.size() : 0);
  if (sealed.ok() && !sealed.value().stopped && permit.signatures < batch.signatures.size())
    sealed.value().stopped =
        Error{ErrorCode::kUnavailable, "key.quota-spent", "the rest of a batch"};
  return sealed;
}

GuardedSigner::Asked GuardedSigner::Of(const HashBatch& batch) {
  const auto items = [&batch] {
    std::vector<base::Sha256Digest> digests;
    for (const base::Bytes& hash : batch.hashes) digests.push_back(ItemDigest(hash));
    return digests;
  };
  return {.key = batch.key,
          .mandate = batch.mandate,
          .count = batch.hashes.size(),
          .items = items,
          .hashes = true};
}

base::Result<base::Time> GuardedSigner::CheckApproval(const HashBatch& batch) {
  ASSIGN_OR_RETURN(const SealRule* rule, RuleFor(batch.key, batch.mandate.agency));
  if (!rule->signs_hashes) return Denied("key.other-purpose", batch.key.text + " signs no hashes");
  ASSIGN_OR_RETURN(const base::Time now, uses_.NoEarlierThan(clock_.Now()));
  ASSIGN_OR_RETURN(const Approval approval, Approved(Of(batch), *rule, now));
  ASSIGN_OR_RETURN(const std::uint32_t left, uses_.Left(UseOf(approval, batch.mandate.group), now));
  if (left == 0) return Error{ErrorCode::kConflict, "approval.used", approval.nonce};
  return approval.expires;
}

base::Result<std::vector<base::Bytes>> GuardedSigner::SignHashes(const HashBatch& batch) {
  if (batch.hashes.empty()) return token_.SignHashes(batch);  // Says what is wrong with it.
  ASSIGN_OR_RETURN(const Permit permit, Permitted(Of(batch)));
  auto values = token_.SignHashes(batch);
  Settle(batch.key, permit, values.ok() ? values.value().size() : 0);
  return values;
}

}  // namespace hsm
