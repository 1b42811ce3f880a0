// TimestampToken: one RFC 3161 time-stamp token, read with OpenSSL's CMS.
//
// Not with its TS or PKCS7 functions: real tokens hold attribute certificates and outer BER,
// which those refuse.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "signing/certificate.h"
#include "signing/checked_signatures.h"
#include "signing/digest_algorithm.h"

namespace signing {

struct TimestampToken {
  const DigestAlgorithm* imprint_algorithm = nullptr;  // nullptr: not on our list.
  base::Bytes imprint;
  base::Time time{};          // genTime, whole seconds.
  std::string time_fraction;  // Its digits behind the point, often empty.
  base::Bytes nonce;          // Big-endian; empty when absent.
  std::string policy;         // Object identifier.
  std::string serial;         // Decimal.

  // The certificate that ESSCertID or ESSCertIDv2 names (RFC 5816), found in the token or
  // among the certificates handed in; nullopt when it is in neither.
  std::optional<Certificate> signer;
  std::vector<Certificate> certificates;  // Those inside the token.

  const DigestAlgorithm* signed_with = nullptr;  // The signer's digest; nullptr: not on our list.

  // The content has the digest of the signed attributes, and the signer's key signed those.
  // False without a signer. Trust and key usage are not looked at.
  bool signature_ok = false;

  bool ImprintIs(base::ByteSpan digest) const;
};

// kInvalidInput "timestamp.malformed": no SignedData with one signer over a TSTInfo, or a TSTInfo
// of another version or with a critical extension. `memory` may know the signature.
base::Result<TimestampToken> ParseTimestampToken(base::ByteSpan der,
                                                 const std::vector<Certificate>& others,
                                                 SignatureMemory* memory = nullptr);

}  // namespace signing
