// SignerOfKeys: hands each call to the keyholder of the token that the key is in.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "hsm/seal_rule.h"
#include "hsm/signer.h"

namespace api {

// Thread-safe. A label without a rule goes to the vault's token, whose keyholder knows no such key.
class SignerOfKeys final : public hsm::Signer {
 public:
  using Others = std::map<std::string, std::reference_wrapper<hsm::Signer>, std::less<>>;

  // All borrowed. `others` by the name of the token. REQUIRES: every token that a rule names.
  SignerOfKeys(hsm::Signer& vaults, Others others, const hsm::SealRules& rules)
      : vaults_(vaults), others_(std::move(others)), rules_(rules) {}

  base::Result<hsm::SealingCertificate> Certificate(const hsm::KeyLabel& key,
                                                    const std::string& agency) override;
  base::Result<hsm::Seal> SealReferences(const hsm::SealRequest& request) override;
  base::Result<hsm::SealedBatch> SealAll(const hsm::SealBatch& batch) override;
  base::Result<base::Time> CheckApproval(const hsm::HashBatch& batch) override;
  base::Result<std::vector<base::Bytes>> SignHashes(const hsm::HashBatch& batch) override;

 private:
  hsm::Signer& Of(const hsm::KeyLabel& key) const;

  hsm::Signer& vaults_;
  const Others others_;
  const hsm::SealRules& rules_;
};

}  // namespace api
