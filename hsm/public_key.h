// PublicKey: the outer half of a key in the token, to check with OpenSSL what the token made.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/c_handle.h"
#include "base/result.h"
#include "hsm/session.h"
#include "hsm/signer.h"

namespace hsm {

using X509Certificate = base::CHandle<X509, X509_free>;

// Immutable and cheap to copy; thread-safe.
class PublicKey {
 public:
  // The public key object of that CKA_ID.
  // kNotFound "key.unknown"; kUnavailable "token.unsupported" for a type that is not ours.
  static base::Result<PublicKey> FromToken(Session& session, std::string_view id);

  // kInvalidInput "certificate.malformed" unless `der` is one X.509 certificate with a key of
  // ours, and nothing behind it.
  static base::Result<PublicKey> FromCertificate(base::ByteSpan der);

  // A SubjectPublicKeyInfo in PEM (RFC 7468, 13). kInvalidInput "key.malformed".
  static base::Result<PublicKey> FromPem(base::ByteSpan pem);

  // The outer half of a key that is held elsewhere.
  static PublicKey Of(EVP_PKEY* borrowed);

  // "RSA", "P-256", "P-384", "P-521", "Ed25519"; empty for what is none of ours.
  std::string_view kind() const;

  friend bool operator==(const PublicKey& a, const PublicKey& b) {
    return EVP_PKEY_eq(a.key_.get(), b.key_.get()) == 1;
  }

  // Lives as long as this.
  EVP_PKEY* evp() const { return key_.get(); }

  // Ed25519 (RFC 8032) over `data`.
  bool VerifiesEd25519(base::ByteSpan data, base::ByteSpan value) const;

  // The 32 bytes of an Ed25519 key. REQUIRES: it is one.
  base::Bytes Ed25519Bytes() const;

 private:
  explicit PublicKey(EVP_PKEY* owned) : key_(owned, EVP_PKEY_free) {}

  std::shared_ptr<EVP_PKEY> key_;
};

// The DER of an ECDSA signature given as r || s; empty when they are not as long as the order of
// the key's curve.
base::Bytes EcdsaDer(const PublicKey& key, base::ByteSpan value);

// One certificate and nothing behind it; nullptr otherwise.
X509Certificate ParseCertificate(base::ByteSpan der);

}  // namespace hsm
