#include "hsm/seal_signature.h"

#include <array>

#include "base/digest.h"

namespace hsm {
namespace {

// RFC 8017, 9.2, note 1: DigestInfo of SHA-256 with its NULL, up to the digest.
constexpr std::array<std::uint8_t, 19> kSha256DigestInfo{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
                                                         0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                                                         0x01, 0x05, 0x00, 0x04, 0x20};

}  // namespace

base::Result<SignatureAlgorithm> AlgorithmOf(const PublicKey& key) {
  if (key.is_rsa()) return SignatureAlgorithm::kRsaSha256;
  if (key.is_p256()) return SignatureAlgorithm::kEcdsaSha256;
  return base::Error{base::ErrorCode::kUnavailable, "token.unsupported",
                     "a sealing key is neither RSA nor P-256"};
}

// The digest is made here and the token signs it raw: fewer bytes cross to it, and modules
// that lack the combined mechanism serve too.
base::Result<base::Bytes> SignWithSha256(Session& session, CK_OBJECT_HANDLE key,
                                         SignatureAlgorithm algorithm, base::ByteSpan data) {
  const base::Sha256Digest digest = base::Sha256(data);
  if (algorithm == SignatureAlgorithm::kEcdsaSha256)
    return session.Sign({CKM_ECDSA, nullptr, 0}, key, digest.span());
  base::Bytes info(kSha256DigestInfo.begin(), kSha256DigestInfo.end());
  base::Append(digest.span(), info);
  return session.Sign({CKM_RSA_PKCS, nullptr, 0}, key, info);
}

}  // namespace hsm
