// TokenSigner: the Signer that holds the token itself.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "hsm/public_key.h"
#include "hsm/session_pool.h"
#include "hsm/signer.h"

namespace hsm {

class TokenSigner final : public Signer {
 public:
  // `pool` outlives this.
  explicit TokenSigner(SessionPool& pool) : pool_(pool) {}

  base::Result<SealingCertificate> Certificate(const KeyLabel& key) override;
  base::Result<Seal> SealReferences(const SealRequest& request) override;
  base::Result<SealedBatch> SealAll(const SealBatch& batch) override;

 private:
  base::Result<Seal> SealWith(Session& session, const SealRequest& request);
  // Not verified.
  base::Result<Seal> SealOne(Session& session, const SealBatch& batch,
                             const std::vector<Reference>& references);
  // The key that the stored certificate certifies; decoded once, not with every seal.
  base::Result<PublicKey> CertifiedKey(Session& session, const KeyLabel& label);
  std::optional<PublicKey> KnownKey(const KeyLabel& label);
  void Forget(const KeyLabel& label);

  SessionPool& pool_;
  std::mutex mutex_;
  std::map<std::string, PublicKey> known_;  // By label.
};

}  // namespace hsm
