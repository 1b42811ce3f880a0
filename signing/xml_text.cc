#include "signing/xml_text.h"

#include <array>
#include <cstdint>

namespace signing {
namespace {

struct Escape {
  char character;
  std::string_view replacement;
};
constexpr std::array<Escape, 4> kTextEscapes{
    {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'\r', "&#xD;"}}};
constexpr std::array<Escape, 6> kAttributeEscapes{{{'&', "&amp;"},
                                                   {'<', "&lt;"},
                                                   {'"', "&quot;"},
                                                   {'\t', "&#x9;"},
                                                   {'\n', "&#xA;"},
                                                   {'\r', "&#xD;"}}};

template <std::size_t N>
std::string Replace(std::string_view text, const std::array<Escape, N>& escapes) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    std::string_view replacement;
    for (const Escape& escape : escapes) {
      if (escape.character == c) replacement = escape.replacement;
    }
    if (replacement.empty()) {
      out += c;
    } else {
      out += replacement;
    }
  }
  return out;
}

// How many bytes follow a first byte, and the bits of it that count; -1 for no first byte.
int FollowingBytes(std::uint8_t first, std::uint32_t& bits) {
  if (first < 0x80) {
    bits = first;
    return 0;
  }
  if (first >= 0xC2 && first < 0xE0) {
    bits = first & 0x1FU;
    return 1;
  }
  if (first >= 0xE0 && first < 0xF0) {
    bits = first & 0x0FU;
    return 2;
  }
  if (first >= 0xF0 && first < 0xF5) {
    bits = first & 0x07U;
    return 3;
  }
  return -1;
}

bool IsXmlCharacter(std::uint32_t point, int following) {
  static constexpr std::array<std::uint32_t, 4> kSmallest{0, 0x80, 0x800, 0x10000};
  if (point < kSmallest.at(static_cast<std::size_t>(following))) return false;  // Overlong.
  if (point < 0x20) return point == '\t' || point == '\n';
  return point != 0x7F && !(point >= 0xD800 && point < 0xE000) && point != 0xFFFE &&
         point != 0xFFFF && point < 0x110000;
}

}  // namespace

bool IsUtf8Text(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    std::uint32_t point = 0;
    const int following = FollowingBytes(static_cast<std::uint8_t>(text[i]), point);
    if (following < 0 || i + static_cast<std::size_t>(following) >= text.size()) return false;
    for (int k = 1; k <= following; ++k) {
      const auto byte = static_cast<std::uint8_t>(text[i + static_cast<std::size_t>(k)]);
      if ((byte & 0xC0U) != 0x80U) return false;
      point = (point << 6U) | (byte & 0x3FU);
    }
    if (!IsXmlCharacter(point, following)) return false;
    i += static_cast<std::size_t>(following) + 1;
  }
  return true;
}

std::string EscapeText(std::string_view text) {
  return Replace(text, kTextEscapes);
}

std::string EscapeAttribute(std::string_view text) {
  return Replace(text, kAttributeEscapes);
}

}  // namespace signing
