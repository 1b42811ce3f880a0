// TokenVaultKeys: the VaultKeys that hold the token themselves.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "hsm/checkpoint_guard.h"
#include "hsm/session_pool.h"
#include "hsm/signer.h"
#include "hsm/vault_keys.h"

namespace hsm {

// Wrapped keys are 12 bytes of nonce, 32 of ciphertext, 16 of tag. Nonces are random, so one
// root key wraps at most 2^32 keys (NIST SP 800-38D, 8.3); erasure rotates it long before.
class TokenVaultKeys final : public VaultKeys {
 public:
  // `pool` outlives this.
  TokenVaultKeys(SessionPool& pool, VaultKeyLabels labels, std::string log_origin,
                 std::filesystem::path checkpoint_mark);

  base::Result<DocumentKey> NewDocumentKey(base::ByteSpan owner) override;
  base::Result<std::vector<base::Secret>> OpenDocumentKeys(
      const std::vector<WrappedKey>& keys) override;
  base::Result<base::Sha256Digest> MacIdentifier(std::string_view identifier) override;
  base::Result<std::string> SignCheckpoint(const CheckpointBody& body) override;
  base::Result<std::string> CheckpointVerifierKey() override;

 private:
  base::Result<std::vector<base::Secret>> OpenAll(const std::vector<WrappedKey>& keys,
                                                  const WrappedKey*& stubborn);
  base::Result<bool> OpensInAWorkingToken(const WrappedKey& key);
  base::Result<std::string> SignNext(const CheckpointBody& body);
  base::Result<base::Bytes> CheckpointPublicKey(Session& session) const;

  SessionPool& pool_;
  const VaultKeyLabels labels_;
  const std::string log_origin_;
  std::mutex mutex_;
  std::condition_variable turn_;
  bool is_signing_ = false;  // A checkpoint; guard_ is that thread's alone.
  CheckpointGuard guard_;
};

}  // namespace hsm
