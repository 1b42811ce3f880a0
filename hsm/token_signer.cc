#include "hsm/token_signer.h"

#include <utility>

#include "hsm/key_purpose.h"
#include "hsm/public_key.h"
#include "hsm/seal_signature.h"
#include "hsm/sealing_certificate.h"
#include "hsm/signed_info.h"

namespace hsm {
base::Result<SealingCertificate> TokenSigner::Certificate(const KeyLabel& key) {
  return pool_.Run([&](Session& session) -> base::Result<SealingCertificate> {
    RETURN_IF_ERROR(FindKey(session, KeyPurpose::kSeal, key));
    ASSIGN_OR_RETURN(base::Bytes der, ReadCertificate(session, key));
    ASSIGN_OR_RETURN(const PublicKey public_key, PublicKey::FromCertificate(der));
    ASSIGN_OR_RETURN(const SignatureAlgorithm algorithm, AlgorithmOf(public_key));
    ASSIGN_OR_RETURN(std::vector<base::Bytes> chain, ReadChain(session, key));
    return SealingCertificate{std::move(der), std::move(chain), algorithm};
  });
}

base::Result<Seal> TokenSigner::SealReferences(const SealRequest& request) {
  RETURN_IF_ERROR(CheckReferences(request.references));
  return pool_.Run([&](Session& session) { return SealWith(session, request); });
}

base::Result<Seal> TokenSigner::SealWith(Session& session, const SealRequest& request) {
  ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE key, FindKey(session, KeyPurpose::kSeal, request.key));
  ASSIGN_OR_RETURN(const PublicKey certified, CertifiedKey(session, request.key));
  ASSIGN_OR_RETURN(const SignatureAlgorithm algorithm,
                   ChooseAlgorithm(certified, request.algorithm));
  Seal seal{SerialiseSignedInfo(algorithm, request.references), {}};
  ASSIGN_OR_RETURN(seal.value, SignData(session, key, algorithm, base::AsBytes(seal.signed_info)));
  if (VerifiesSeal(certified, algorithm, base::AsBytes(seal.signed_info), seal.value)) return seal;
  Forget(request.key);
  return base::Error{
      base::ErrorCode::kUnavailable, "token.bad-signature",
      "the token's signature by " + request.key.text + " does not verify with its certificate"};
}

base::Result<SealedBatch> TokenSigner::SealAll(const SealBatch& batch) {
  if (batch.signatures.empty() || batch.signatures.size() > SealBatch::kMost)
    return base::Error{base::ErrorCode::kInvalidInput, "seal.malformed",
                       "a batch of " + std::to_string(batch.signatures.size())};
  for (const auto& references : batch.signatures) RETURN_IF_ERROR(CheckReferences(references));
  SealedBatch sealed;
  // A session for each: a batch keeps neither others from the token nor a lost one from recovery.
  for (const auto& references : batch.signatures) {
    auto seal = pool_.Run([&](Session& session) { return SealOne(session, batch, references); });
    if (!seal.ok() && sealed.seals.empty()) return seal.error();
    if (!seal.ok()) {
      sealed.stopped = seal.error();
      break;
    }
    sealed.seals.push_back(std::move(seal).value());
  }
  return sealed;
}

base::Result<Seal> TokenSigner::SealOne(Session& session, const SealBatch& batch,
                                        const std::vector<Reference>& references) {
  ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE key, FindKey(session, KeyPurpose::kSeal, batch.key));
  ASSIGN_OR_RETURN(const PublicKey certified, CertifiedKey(session, batch.key));
  ASSIGN_OR_RETURN(const SignatureAlgorithm algorithm, ChooseAlgorithm(certified, batch.algorithm));
  Seal seal{SerialiseSignedInfo(algorithm, references), {}};
  ASSIGN_OR_RETURN(seal.value, SignData(session, key, algorithm, base::AsBytes(seal.signed_info)));
  return seal;
}

base::Result<PublicKey> TokenSigner::CertifiedKey(Session& session, const KeyLabel& label) {
  if (const auto known = KnownKey(label)) return *known;
  ASSIGN_OR_RETURN(const base::Bytes certificate, ReadCertificate(session, label));
  ASSIGN_OR_RETURN(PublicKey key, PublicKey::FromCertificate(certificate));
  const std::lock_guard lock(mutex_);
  known_.insert_or_assign(label.text, key);
  return key;
}

std::optional<PublicKey> TokenSigner::KnownKey(const KeyLabel& label) {
  const std::lock_guard lock(mutex_);
  const auto known = known_.find(label.text);
  if (known == known_.end()) return std::nullopt;
  return known->second;
}

void TokenSigner::Forget(const KeyLabel& label) {
  const std::lock_guard lock(mutex_);
  known_.erase(label.text);
}

}  // namespace hsm
