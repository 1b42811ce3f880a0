// Reads little-endian numbers from bytes whose end is never passed.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace signing {

class LittleEndianReader {
 public:
  explicit LittleEndianReader(base::ByteSpan bytes) : bytes_(bytes) {}

  // After a read beyond the end every value is zero and ok() is false.
  bool ok() const { return ok_; }
  std::size_t left() const { return bytes_.size(); }

  std::uint16_t Uint16() { return static_cast<std::uint16_t>(Number(2)); }
  std::uint32_t Uint32() { return static_cast<std::uint32_t>(Number(4)); }
  std::uint64_t Uint64() { return Number(8); }
  base::ByteSpan Take(std::size_t count) {
    if (count > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const base::ByteSpan taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }

 private:
  std::uint64_t Number(std::size_t size) {
    std::uint64_t number = 0;
    const base::ByteSpan taken = Take(size);
    for (std::size_t i = taken.size(); i > 0; --i) number = number << 8U | taken[i - 1];
    return number;
  }

  base::ByteSpan bytes_;
  bool ok_ = true;
};

}  // namespace signing
