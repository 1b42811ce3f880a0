#include "api/flow/signer_of_keys.h"

namespace api {

hsm::Signer& SignerOfKeys::Of(const hsm::KeyLabel& key) const {
  const auto rule = rules_.find(key.text);
  if (rule == rules_.end() || rule->second.token.empty()) return vaults_;
  return others_.at(rule->second.token);
}

base::Result<hsm::SealingCertificate> SignerOfKeys::Certificate(const hsm::KeyLabel& key,
                                                                const std::string& agency) {
  return Of(key).Certificate(key, agency);
}

base::Result<hsm::Seal> SignerOfKeys::SealReferences(const hsm::SealRequest& request) {
  return Of(request.key).SealReferences(request);
}

base::Result<hsm::SealedBatch> SignerOfKeys::SealAll(const hsm::SealBatch& batch) {
  return Of(batch.key).SealAll(batch);
}

base::Result<base::Time> SignerOfKeys::CheckApproval(const hsm::HashBatch& batch) {
  return Of(batch.key).CheckApproval(batch);
}

base::Result<std::vector<base::Bytes>> SignerOfKeys::SignHashes(const hsm::HashBatch& batch) {
  return Of(batch.key).SignHashes(batch);
}

}  // namespace api
