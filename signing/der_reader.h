// DerReader: walks over the elements of one DER encoding (X.690). Definite lengths only.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace signing {

struct DerElement {
  base::ByteSpan encoded;  // With tag and length.
  base::ByteSpan content;
};

class DerReader {
 public:
  explicit DerReader(base::ByteSpan bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  // The tag of the next element; zero at the end.
  std::uint8_t PeekTag() const { return bytes_.empty() ? std::uint8_t{0} : bytes_[0]; }

  // The content of the next element if it has this tag; nullopt otherwise, nothing is taken.
  std::optional<base::ByteSpan> Take(std::uint8_t tag);

  // The same, and nullopt as well when the length is not written in its shortest form
  // (X.690, 10.1): bytes that are hashed as they stand may have one form only.
  std::optional<DerElement> TakeShortest(std::uint8_t tag);

 private:
  base::ByteSpan bytes_;
};

inline constexpr std::uint8_t kDerInteger = 0x02;
inline constexpr std::uint8_t kDerOctets = 0x04;
inline constexpr std::uint8_t kDerNull = 0x05;
inline constexpr std::uint8_t kDerObject = 0x06;
inline constexpr std::uint8_t kDerSequence = 0x30;
inline constexpr std::uint8_t kDerDirectoryName = 0xA4;  // GeneralName [4].

}  // namespace signing
