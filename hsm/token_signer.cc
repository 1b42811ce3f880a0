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
  ASSIGN_OR_RETURN(const PublicKey certified, PublicKeyOf(session, request.key));
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
  ASSIGN_OR_RETURN(const PublicKey certified, PublicKeyOf(session, batch.key));
  ASSIGN_OR_RETURN(const SignatureAlgorithm algorithm, ChooseAlgorithm(certified, batch.algorithm));
  Seal seal{SerialiseSignedInfo(algorithm, references), {}};
  ASSIGN_OR_RETURN(seal.value, SignData(session, key, algorithm, base::AsBytes(seal.signed_info)));
  return seal;
}

base::Result<std::vector<base::Bytes>> TokenSigner::SignHashes(const HashBatch& batch) {
  if (batch.hashes.empty() || batch.hashes.size() > SealBatch::kMost)
    return base::Error{base::ErrorCode::kInvalidInput, "hash.malformed",
                       std::to_string(batch.hashes.size()) + " hashes"};
  for (const base::Bytes& hash : batch.hashes)
    if (hash.size() != HashSize(batch.algorithm))
      return base::Error{base::ErrorCode::kInvalidInput, "hash.malformed",
                         "not as long as the algorithm's hash"};
  return pool_.Run([&](Session& session) { return SignHashesOn(session, batch); });
}

base::Result<std::vector<base::Bytes>> TokenSigner::SignHashesOn(Session& session,
                                                                 const HashBatch& batch) {
  ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE key, FindKey(session, KeyPurpose::kRemote, batch.key));
  ASSIGN_OR_RETURN(const PublicKey certified, PublicKeyOf(session, batch.key));
  RETURN_IF_ERROR(ChooseAlgorithm(certified, batch.algorithm));
  std::vector<base::Bytes> values;
  for (const base::Bytes& hash : batch.hashes) {
    ASSIGN_OR_RETURN(base::Bytes value, SignHash(session, key, batch.algorithm, hash));
    if (!VerifiesHash(certified, batch.algorithm, hash, value)) {
      Forget(batch.key);
      return base::Error{
          base::ErrorCode::kUnavailable, "token.bad-signature",
          "the token's signature by " + batch.key.text + " does not verify with its certificate"};
    }
    const bool ecdsa = certified.kind().starts_with("P-");
    values.push_back(ecdsa ? EcdsaDer(certified, value) : std::move(value));
  }
  return values;
}

base::Result<PublicKey> TokenSigner::PublicKeyOf(Session& session, const KeyLabel& label) {
  if (const auto known = KnownKey(label)) return *known;
  ASSIGN_OR_RETURN(const base::Bytes certificate, ReadCertificate(session, label));
  ASSIGN_OR_RETURN(PublicKey key, PublicKey::FromCertificate(certificate));
  const std::lock_guard lock(mutex_);
  known_.insert_or_assign(Known(label), key);
  return key;
}

// Two tokens may have different keys of one label.
std::string TokenSigner::Known(const KeyLabel& label) const {
  return (pool_.on_second() ? "second:" : "first:") + label.text;
}

std::optional<PublicKey> TokenSigner::KnownKey(const KeyLabel& label) {
  const std::lock_guard lock(mutex_);
  const auto known = known_.find(Known(label));
  if (known == known_.end()) return std::nullopt;
  return known->second;
}

void TokenSigner::Forget(const KeyLabel& label) {
  const std::lock_guard lock(mutex_);
  known_.erase(Known(label));
}

}  // namespace hsm
