// Jws: JSON claims under the signature of one of several registered keys (RFC 7515, compact form).
//
// Algorithms: RS256, PS256, ES256, ES384 and EdDSA (RFC 7518, 3.1; RFC 8037).
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"

namespace hsm {

struct OpenedJws {
  base::Json claims;
  std::size_t signer = 0;  // Index of the key.
};

// What one of `keys` (public, PEM) signed as a thing of this `type`.
//
// Errors:
//   kInvalidInput "approval.malformed"  not of that form and type
//   kDenied "approval.wrong-signature"  signed by none of them
base::Result<OpenedJws> OpenJws(std::string_view jws, std::string_view type,
                                const std::vector<base::Bytes>& keys);

// kInvalidInput "approval.bad-key" for what is no private key, in PEM and without a passphrase,
// of the kinds above.
base::Result<std::string> SignJws(std::string_view type, const base::Json& claims,
                                  const base::Secret& private_pem);

// Whether `pem` is a public key (RFC 7468, 13) that may sign: RSA, P-256, P-384 or Ed25519.
bool IsJwsKey(base::ByteSpan pem);

// Only members of `allowed`: what we do not know could be meant to restrict (RFC 7515, 4.1.11).
bool HasOnly(const base::Json& object, std::initializer_list<std::string_view> allowed);

// 16 to 64 characters of base64url.
bool IsNonce(std::string_view text);

}  // namespace hsm
