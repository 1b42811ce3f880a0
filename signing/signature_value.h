// The cryptographic check of ds:SignatureValue, by OpenSSL, with one given key.
#pragma once

#include <openssl/types.h>

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "signing/digest_algorithm.h"

namespace signing {

enum class SignatureScheme { kRsaPkcs1, kRsaPss, kEcdsa, kEdDsa };

struct SignatureAlgorithm {
  std::string_view uri;  // Of ds:SignatureMethod.
  SignatureScheme scheme;
  std::string_view digest;  // Name of the digest; empty for EdDSA.
};

// nullptr for anything not on the list: no HMAC, no MD5, no DSA.
const SignatureAlgorithm* FindSignatureAlgorithm(std::string_view uri);

struct ValueOutcome {
  bool valid = false;
  bool digest_info_null_absent = false;  // A valid RSA value whose DigestInfo has no NULL.
};

// Whether `value` is a signature of `data` by `key`. A key of another kind is not valid.
ValueOutcome CheckSignatureValue(const SignatureAlgorithm& algorithm, EVP_PKEY* key,
                                 base::ByteSpan data, base::ByteSpan value);

}  // namespace signing
