// TokenSigner: seals by the token's keys, whoever asks. GuardedSigner is asked by others.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "hsm/public_key.h"
#include "hsm/session_pool.h"
#include "hsm/signer.h"

namespace hsm {

// Thread-safe. Mandates are not looked at. Errors: those of Signer that name the token or its keys.
class TokenSigner {
 public:
  // `pool` outlives this.
  explicit TokenSigner(SessionPool& pool) : pool_(pool) {}

  base::Result<SealingCertificate> Certificate(const KeyLabel& key);
  base::Result<Seal> SealReferences(const SealRequest& request);
  base::Result<SealedBatch> SealAll(const SealBatch& batch);
  // Each verified with the key's certificate. kInvalidInput "hash.malformed".
  base::Result<std::vector<base::Bytes>> SignHashes(const HashBatch& batch);

 private:
  base::Result<Seal> SealWith(Session& session, const SealRequest& request);
  base::Result<std::vector<base::Bytes>> SignHashesOn(Session& session, const HashBatch& batch);
  // Not verified.
  base::Result<Seal> SealOne(Session& session, const SealBatch& batch,
                             const std::vector<Reference>& references);
  // The key that the stored certificate certifies; decoded once, not with every seal.
  base::Result<PublicKey> PublicKeyOf(Session& session, const KeyLabel& label);
  std::string Known(const KeyLabel& label) const;
  std::optional<PublicKey> KnownKey(const KeyLabel& label);
  void Forget(const KeyLabel& label);

  SessionPool& pool_;
  std::mutex mutex_;
  std::map<std::string, PublicKey> known_;  // By token and label.
};

}  // namespace hsm
