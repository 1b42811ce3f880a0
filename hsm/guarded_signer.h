// GuardedSigner: the Signer that asks by what right, and then the token.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "hsm/approval.h"
#include "hsm/seal_rule.h"
#include "hsm/signer.h"
#include "hsm/token_signer.h"
#include "hsm/use_counter.h"

namespace hsm {

struct GuardConfig {
  SealRules rules;
  std::string vault;           // Origin of its log: approvals are for one vault.
  std::filesystem::path uses;  // The file of UseCounter.
};

// Thread-safe. What the token did not sign is not counted as used.
class GuardedSigner final : public Signer {
 public:
  // Borrows `token` and `clock`; they must outlive it.
  GuardedSigner(TokenSigner& token, GuardConfig config, const base::Clock& clock)
      : token_(token), config_(std::move(config)), uses_(config_.uses), clock_(clock) {}

  base::Result<SealingCertificate> Certificate(const KeyLabel& key,
                                               const std::string& agency) override;
  base::Result<Seal> SealReferences(const SealRequest& request) override;
  // As many as the quota leaves, and "key.quota-spent" for the others.
  base::Result<SealedBatch> SealAll(const SealBatch& batch) override;
  base::Result<base::Time> CheckApproval(const HashBatch& batch) override;
  base::Result<std::vector<base::Bytes>> SignHashes(const HashBatch& batch) override;

 private:
  struct Asked {
    const KeyLabel& key;
    const Mandate& mandate;
    std::size_t count = 0;                                   // Of signatures.
    std::function<std::vector<base::Sha256Digest>()> items;  // What each is of.
    bool hashes = false;                                     // Not seals.
  };
  static Asked Of(const HashBatch& batch);
  struct Permit {
    std::size_t signatures = 0;  // The first so many may be made.
    UseCounter::Use use;
    bool is_of_quota = false;  // It counts signatures; an approval counts calls.
  };

  base::Result<const SealRule*> RuleFor(const KeyLabel& key, const std::string& agency) const;
  base::Result<Approval> Approved(const Asked& asked, const SealRule& rule, base::Time now) const;
  base::Result<Permit> Permitted(const Asked& asked);
  base::Result<Permit> ByApproval(const Asked& asked, const SealRule& rule, base::Time now);
  base::Result<Permit> ByQuota(const Asked& asked, const SealRule& rule, base::Time now);
  // The token made so many.
  void Settle(const KeyLabel& key, const Permit& permit, std::size_t made);

  TokenSigner& token_;
  const GuardConfig config_;
  UseCounter uses_;
  const base::Clock& clock_;

  // Unattended seals that were counted ahead, so that not each waits for the disk.
  struct Ahead {
    std::string hour;
    std::uint32_t left = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Ahead> ahead_;  // By label.
};

}  // namespace hsm
