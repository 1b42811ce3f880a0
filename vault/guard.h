// Guard: a hash in front of a stored value that also covers its key, so that a flipped bit,
// or a value that came under another's key, is noticed. LMDB itself has no checksums.
#pragma once

#include <optional>

#include "base/bytes.h"

namespace vault {

enum class GuardSize : std::size_t {
  kShort = 8,  // For rows that can be rebuilt.
  kFull = 32,
};

// SHA-256(key || payload) cut to `size` || payload.
base::Bytes Guarded(GuardSize size, base::ByteSpan key, base::ByteSpan payload);

// The payload, a view into `value`; nullopt when the guard does not fit.
std::optional<base::ByteSpan> Unguarded(GuardSize size, base::ByteSpan key, base::ByteSpan value);

}  // namespace vault
