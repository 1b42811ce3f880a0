// RootKeys: the keys above the key tree, by generation. There is one, but for the time of an
// erasure.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace hsm {

// Thread-safe. Errors of all: kUnavailable "token.*"; kConflict "key.root-unknown" when there is
// no key of that generation.
class RootKeys {
 public:
  virtual ~RootKeys() = default;

  // nonce || AES-256-GCM text || tag of a key of 32 bytes: kWrappedKeySize bytes.
  virtual base::Result<base::Bytes> Wrap(std::uint64_t generation, const base::Secret& key,
                                         base::ByteSpan associated) = 0;
  // kCorrupted "key.unwrap-failed".
  virtual base::Result<base::Secret> Unwrap(std::uint64_t generation, base::ByteSpan wrapped,
                                            base::ByteSpan associated) = 0;
  // kConflict "key.root-exists".
  virtual base::Status Make(std::uint64_t generation) = 0;
  // Every one but that of `generation`, which must be there.
  virtual base::Status DestroyOthers(std::uint64_t generation) = 0;
};

}  // namespace hsm
