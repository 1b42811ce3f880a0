#include "signing/der_reader.h"

namespace signing {

std::optional<base::ByteSpan> DerReader::Take(std::uint8_t tag) {
  if (bytes_.size() < 2 || bytes_[0] != tag) return std::nullopt;
  std::size_t header = 2;
  std::size_t length = bytes_[1];
  if (length >= 0x80) {
    const std::size_t count = length - 0x80;
    if (count == 0 || count > 4 || bytes_.size() < 2 + count) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8U | bytes_[2 + i];
    header += count;
  }
  if (length > bytes_.size() - header) return std::nullopt;
  const base::ByteSpan content = bytes_.subspan(header, length);
  bytes_ = bytes_.subspan(header + length);
  return content;
}

std::optional<DerElement> DerReader::TakeShortest(std::uint8_t tag) {
  const base::ByteSpan before = bytes_;
  const auto content = Take(tag);
  if (!content) return std::nullopt;
  const std::size_t size = before.size() - bytes_.size();
  std::size_t shortest = 2;
  if (content->size() >= 0x80)
    for (std::size_t rest = content->size(); rest != 0; rest >>= 8U) ++shortest;
  if (size != shortest + content->size()) {
    bytes_ = before;
    return std::nullopt;
  }
  return DerElement{before.first(size), *content};
}

}  // namespace signing
