#include "base/base64.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace base {
namespace {

constexpr auto kAlphabet = [] {
  std::array<bool, 256> of{};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789+/"))
    of[static_cast<unsigned char>(c)] = true;
  return of;
}();

bool IsAlphabet(char c) {
  return kAlphabet[static_cast<unsigned char>(c)];
}

}  // namespace

std::string Base64Encode(ByteSpan bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  // EVP_EncodeBlock writes text and a closing zero; any object may be written as unsigned char.
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::optional<Bytes> Base64Decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.empty()) return Bytes{};
  std::size_t padding = 0;
  while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
  const std::string_view body = text.substr(0, text.size() - padding);
  if (!std::ranges::all_of(body, IsAlphabet)) return std::nullopt;

  Bytes bytes(text.size() / 4 * 3);
  const int length =
      EVP_DecodeBlock(bytes.data(), AsBytes(text).data(), static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(length) - padding);
  // RFC 4648, 3.5: unused bits must be zero, or two texts would mean the same bytes.
  if (padding > 0) {
    const std::size_t whole = (bytes.size() / 3) * 3;
    const std::string last = Base64Encode(ByteSpan(bytes).subspan(whole));
    if (text.substr(text.size() - 4) != last) return std::nullopt;
  }
  return bytes;
}

std::string Base64UrlEncode(ByteSpan bytes) {
  std::string text = Base64Encode(bytes);
  while (!text.empty() && text.back() == '=') text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::optional<Bytes> Base64UrlDecode(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
  std::string standard(text);
  std::ranges::replace(standard, '-', '+');
  std::ranges::replace(standard, '_', '/');
  while (standard.size() % 4 != 0) standard += '=';
  return Base64Decode(standard);
}

}  // namespace base
