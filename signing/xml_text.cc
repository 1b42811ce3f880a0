#include "signing/xml_text.h"

#include <array>

#include "base/utf8.h"

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

// XML 1.0, 2.2, without the control characters that nobody means.
bool IsXmlCharacter(char32_t point) {
  if (point < 0x20) return point == '\t' || point == '\n';
  return point != 0x7F && point != 0xFFFE && point != 0xFFFF && point != base::kInvalidCodePoint;
}

}  // namespace

bool IsXmlText(std::string_view text) {
  while (!text.empty()) {
    if (!IsXmlCharacter(base::TakeCodePoint(text))) return false;
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
