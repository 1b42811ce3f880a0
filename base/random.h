// Random bytes for ids, salts, nonces and keys.
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace base {

// From OpenSSL's CSPRNG, seeded by the kernel. Aborts when there is no randomness:
// going on with a guessable key would be worse than stopping.
Bytes RandomBytes(std::size_t count);

}  // namespace base
