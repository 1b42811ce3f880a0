#include "base/random.h"

#include <openssl/rand.h>

#include <cstdlib>

namespace base {

Bytes RandomBytes(std::size_t count) {
  Bytes bytes(count);
  if (RAND_priv_bytes(bytes.data(), static_cast<int>(count)) != 1) std::abort();
  return bytes;
}

}  // namespace base
