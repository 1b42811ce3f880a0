#include "hsm/token_signer.h"

#include <array>
#include <utility>

#include "base/digest.h"
#include "hsm/key_purpose.h"
#include "hsm/public_key.h"
#include "hsm/sealing_certificate.h"
#include "hsm/signed_info.h"

namespace hsm {
namespace {

// RFC 8017, 9.2, note 1: DigestInfo of SHA-256 with its NULL, up to the digest.
constexpr std::array<std::uint8_t, 19> kSha256DigestInfo{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
                                                         0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                                                         0x01, 0x05, 0x00, 0x04, 0x20};

base::Result<SignatureAlgorithm> AlgorithmOf(const PublicKey& key) {
  if (key.is_rsa()) return SignatureAlgorithm::kRsaSha256;
  if (key.is_p256()) return SignatureAlgorithm::kEcdsaSha256;
  return base::Error{base::ErrorCode::kUnavailable, "token.unsupported",
                     "a sealing key is neither RSA nor P-256"};
}

// The digest is made here and the token signs it raw: fewer bytes cross to it, and modules
// that lack the combined mechanism serve too.
base::Result<base::Bytes> SignDigest(Session& session, CK_OBJECT_HANDLE key,
                                     SignatureAlgorithm algorithm, std::string_view text) {
  const base::Sha256Digest digest = base::Sha256(base::AsBytes(text));
  if (algorithm == SignatureAlgorithm::kEcdsaSha256)
    return session.Sign({CKM_ECDSA, nullptr, 0}, key, digest.span());
  base::Bytes info(kSha256DigestInfo.begin(), kSha256DigestInfo.end());
  base::Append(digest.span(), info);
  return session.Sign({CKM_RSA_PKCS, nullptr, 0}, key, info);
}

}  // namespace

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
  ASSIGN_OR_RETURN(const SignatureAlgorithm algorithm, AlgorithmOf(certified));
  Seal seal{SerialiseSignedInfo(algorithm, request.references), {}};
  ASSIGN_OR_RETURN(seal.value, SignDigest(session, key, algorithm, seal.signed_info));
  if (certified.VerifiesSeal(base::AsBytes(seal.signed_info), seal.value)) return seal;
  Forget(request.key);
  return base::Error{
      base::ErrorCode::kInternal, "token.bad-signature",
      "the token's signature by " + request.key.text + " does not verify with its certificate"};
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
