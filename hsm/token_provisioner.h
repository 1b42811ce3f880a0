// TokenProvisioner: the Provisioner that holds the token itself.
#pragma once

#include "hsm/provisioner.h"
#include "hsm/session_pool.h"

namespace hsm {

class TokenProvisioner final : public Provisioner {
 public:
  // `pool` outlives this. Only Describe() works on a pool opened read-only.
  explicit TokenProvisioner(SessionPool& pool) : pool_(pool) {}

  base::Status GenerateKey(const KeyLabel& label, KeyKind kind) override;
  base::Result<base::Bytes> CertificateRequest(const KeyLabel& label,
                                               const CertificateSubject& subject) override;
  base::Status ImportCertificate(const KeyLabel& label, base::ByteSpan certificate,
                                 const std::vector<base::Bytes>& chain) override;
  base::Result<TokenFacts> Describe() override;

 private:
  SessionPool& pool_;
};

}  // namespace hsm
