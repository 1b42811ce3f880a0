#include "base/bytes.h"

#include <openssl/crypto.h>

namespace base {
namespace {

int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

}  // namespace

std::string HexEncode(ByteSpan bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex(bytes.size() * 2, '\0');
  char* at = hex.data();
  for (const std::uint8_t byte : bytes) {
    *at++ = kDigits[byte >> 4U];
    *at++ = kDigits[byte & 0x0FU];
  }
  return hex;
}

std::optional<Bytes> HexDecode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = HexValue(text[i]);
    const int low = HexValue(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return bytes;
}

ByteSpan AsBytes(std::string_view text) {
  // Any object may be read as unsigned char.
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view AsText(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes ToBytes(std::string_view text) {
  const ByteSpan bytes = AsBytes(text);  // Octet by octet a conversion would go.
  return {bytes.begin(), bytes.end()};
}

std::string ToString(ByteSpan bytes) {
  return std::string(AsText(bytes));
}

void Append(ByteSpan bytes, Bytes& out) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void AppendUint64(std::uint64_t number, Bytes& out) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(number >> static_cast<unsigned>(shift)));
  }
}

std::uint64_t ReadUint64(ByteSpan bytes) {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : bytes.first(8)) number = (number << 8U) | byte;
  return number;
}

bool EqualInConstantTime(ByteSpan a, ByteSpan b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace base
