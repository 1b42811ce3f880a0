// Signatures by sealing keys: the digest is made here, the private operation in the token.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "hsm/public_key.h"
#include "hsm/session.h"
#include "hsm/signer.h"

namespace hsm {

// The algorithm that goes with the key. kUnavailable "token.unsupported" for one that is none of
// RSA, P-256, P-384, P-521 and Ed25519.
base::Result<SignatureAlgorithm> AlgorithmOf(const PublicKey& key);

// The one that is asked for, if the key can have it; nullopt: as AlgorithmOf().
// kInvalidInput "seal.other-algorithm".
base::Result<SignatureAlgorithm> ChooseAlgorithm(const PublicKey& key,
                                                 std::optional<SignatureAlgorithm> asked);

// The value as a ds:SignatureValue holds it: the RSA block, r || s, or the 64 bytes of RFC 8032.
// The caller verifies it.
base::Result<base::Bytes> SignData(Session& session, CK_OBJECT_HANDLE key,
                                   SignatureAlgorithm algorithm, base::ByteSpan data);

// Bytes of the algorithm's hash; 0 for Ed25519, which signs none.
std::size_t HashSize(SignatureAlgorithm algorithm);

// As SignData(), of a hash that was made elsewhere. REQUIRES: of HashSize() bytes.
base::Result<base::Bytes> SignHash(Session& session, CK_OBJECT_HANDLE key,
                                   SignatureAlgorithm algorithm, base::ByteSpan hash);

// Whether the key made the value over what has that hash.
bool VerifiesHash(const PublicKey& key, SignatureAlgorithm algorithm, base::ByteSpan hash,
                  base::ByteSpan value);

// Whether the key made the value over `data`.
bool VerifiesSeal(const PublicKey& key, SignatureAlgorithm algorithm, base::ByteSpan data,
                  base::ByteSpan value);

}  // namespace hsm
