// TokenProvisioner: the Provisioner that holds the token itself.
#pragma once

#include <utility>
#include <vector>

#include "hsm/provisioner.h"
#include "hsm/session_pool.h"
#include "hsm/vault_keys.h"

namespace hsm {

class TokenProvisioner final : public Provisioner {
 public:
  // `pool` outlives this. Only Describe() works on a pool opened read-only.
  explicit TokenProvisioner(SessionPool& pool, VaultKeyLabels labels = {})
      : pool_(pool), labels_(std::move(labels)) {}

  base::Status GenerateKey(const KeyLabel& label, KeyKind kind) override;
  base::Result<base::Bytes> CertificateRequest(const KeyLabel& label,
                                               const CertificateSubject& subject) override;
  base::Status ImportCertificate(const KeyLabel& label, base::ByteSpan certificate,
                                 const std::vector<base::Bytes>& chain) override;
  base::Status RotateKey(const KeyLabel& label, const KeyLabel& successor) override;
  base::Status RetireKey(const KeyLabel& label, const KeyLabel& successor) override;
  base::Status DestroyKey(const KeyLabel& label) override;
  base::Result<std::vector<KeyFacts>> ListKeys() override;
  base::Result<std::vector<KeyShare>> ShareVaultKeys(ShareCounts counts) override;
  base::Status RestoreVaultKeys(const std::vector<KeyShare>& shares) override;
  // Its `vault` is empty: the token does not know.
  base::Result<TokenFacts> Describe() override;

 private:
  base::Status MakeFromSeed(Session& session, const base::Secret& seed) const;

  SessionPool& pool_;
  const VaultKeyLabels labels_;
};

}  // namespace hsm
