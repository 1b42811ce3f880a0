// Secret: bytes that must not outlive their use (PINs, document keys).
//
// Move-only, wiped on destruction, and impossible to print by accident: the
// one way to the bytes is Reveal(), so `grep -rn 'Reveal()'` lists every place
// that handles a secret in the clear.
#pragma once

#include <utility>

#include "base/bytes.h"

namespace base {

class Secret {
 public:
  explicit Secret(Bytes bytes) : bytes_(std::move(bytes)) {}
  ~Secret() { Wipe(); }

  Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  // Borrowed; do not copy, log or store the result.
  ByteSpan Reveal() const { return bytes_; }

 private:
  void Wipe() noexcept;

  Bytes bytes_;
};

// Overwrites bytes that held a secret in passing, such as a message buffer.
void WipeBytes(Bytes& bytes) noexcept;

}  // namespace base
