// Ed25519 signatures (RFC 8032), verified only: private keys live in the token.
#pragma once

#include "base/bytes.h"

namespace base {

inline constexpr std::size_t kEd25519KeySize = 32;
inline constexpr std::size_t kEd25519SignatureSize = 64;

// False for anything that is not a signature of `message` by `public_key`, also when the
// key or the signature has a wrong size or form.
bool VerifyEd25519(ByteSpan public_key, ByteSpan message, ByteSpan signature);

}  // namespace base
