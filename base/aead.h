// AES-256-GCM (NIST SP 800-38D) with a 12-byte nonce and a 16-byte tag behind the text.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace base {

inline constexpr std::size_t kAeadKeySize = 32;
inline constexpr std::size_t kAeadNonceSize = 12;
inline constexpr std::size_t kAeadTagSize = 16;

// Returns ciphertext || tag. The caller never uses a nonce twice with one key.
// REQUIRES: a key of 32 bytes and a nonce of 12; aborts otherwise.
Bytes AeadSeal(const Secret& key, ByteSpan nonce, ByteSpan associated, ByteSpan plaintext);

// kCorrupted ("aead.mismatch") when any bit of text, tag, nonce or associated data differs.
Result<Bytes> AeadOpen(const Secret& key, ByteSpan nonce, ByteSpan associated, ByteSpan sealed);

// A key of its own for each use of one key (HKDF-SHA-256, RFC 5869, expand only: the input
// is uniformly random). `label` names the use; never the same for two uses.
Secret DeriveKey(const Secret& key, std::string_view label);

}  // namespace base
