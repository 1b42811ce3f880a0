// TokenVaultKeys: the VaultKeys that hold the token themselves.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "hsm/checkpoint_guard.h"
#include "hsm/key_rate.h"
#include "hsm/key_tree.h"
#include "hsm/session_pool.h"
#include "hsm/signer.h"
#include "hsm/token_roots.h"
#include "hsm/vault_keys.h"

namespace hsm {

class TokenVaultKeys final : public VaultKeys {
 public:
  // `pool` and `clock` outlive this.
  TokenVaultKeys(SessionPool& pool, VaultKeyLabels labels, std::string log_origin,
                 std::filesystem::path checkpoint_mark, const KeyLimits& limits,
                 const base::Clock& clock);

  base::Result<TopKey> NewTop() override;
  base::Result<NewLeaf> MakeLeaf(const KeyPaths& paths, std::uint32_t leaf) override;
  base::Result<std::vector<base::Secret>> OpenKeys(KeyUse use, const KeyPaths& paths,
                                                   const std::vector<PlacedKey>& keys) override;
  // Whether `order` is approved was asked before (hsm/keyholder.cc).
  base::Result<TopKey> NewRoot(const TopKey& top, const ErasureOrder& order) override;
  base::Result<std::vector<base::Bytes>> Rekey(const KeyPaths& before, const KeyPaths& after,
                                               const std::vector<NodeToRekey>& nodes) override;
  base::Status KeepRoot(const TopKey& top) override;
  base::Result<base::Sha256Digest> MacIdentifier(std::string_view identifier) override;
  base::Result<std::string> SignCheckpoint(const CheckpointBody& body) override;
  base::Result<std::string> CheckpointVerifierKey() override;

 private:
  base::Result<std::string> SignNext(const CheckpointBody& body);
  base::Result<base::Bytes> CheckpointPublicKey(Session& session) const;

  SessionPool& pool_;
  const VaultKeyLabels labels_;
  const std::string log_origin_;
  TokenRoots roots_;
  KeyTree tree_;
  KeyRate rate_;
  std::mutex mutex_;
  std::condition_variable turn_;
  bool is_signing_ = false;  // A checkpoint; guard_ is that thread's alone.
  CheckpointGuard guard_;
};

}  // namespace hsm
