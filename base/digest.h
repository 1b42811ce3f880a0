// SHA-256 digests as a type of their own, so that a digest is never mistaken
// for a document, a signature or a key id.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>

#include "base/bytes.h"

namespace base {

struct Sha256Digest {
  std::array<std::uint8_t, 32> bytes{};

  ByteSpan span() const { return bytes; }
  friend auto operator<=>(const Sha256Digest&, const Sha256Digest&) = default;
};

// Cannot fail on any input; aborts if OpenSSL itself is broken.
Sha256Digest Sha256(ByteSpan data);

// The same over data that arrives in pieces. Not thread-safe; movable.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;

  void Update(ByteSpan data);
  Sha256Digest Finish() &&;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// nullopt unless `bytes` is exactly 32 long.
std::optional<Sha256Digest> ToSha256Digest(ByteSpan bytes);

}  // namespace base
