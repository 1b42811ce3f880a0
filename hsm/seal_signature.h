// Signatures by sealing keys: SHA-256 here, the private operation in the token.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "hsm/public_key.h"
#include "hsm/session.h"
#include "hsm/signer.h"

namespace hsm {

// kUnavailable "token.unsupported" for a key that is neither RSA nor P-256.
base::Result<SignatureAlgorithm> AlgorithmOf(const PublicKey& key);

// The RSA block, or r || s. The caller verifies it.
base::Result<base::Bytes> SignWithSha256(Session& session, CK_OBJECT_HANDLE key,
                                         SignatureAlgorithm algorithm, base::ByteSpan data);

}  // namespace hsm
