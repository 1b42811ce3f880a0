#include "signing/member_name.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/utf8.h"

namespace signing {
namespace {

void AppendCharacter(char32_t character, std::string& out) {
  const auto push = [&](char32_t bits) { out.push_back(static_cast<char>(bits)); };
  if (character < 0x80) {
    push(character);
  } else if (character < 0x800) {
    push(0xC0 | character >> 6U);
    push(0x80 | (character & 0x3F));
  } else if (character < 0x10000) {
    push(0xE0 | character >> 12U);
    push(0x80 | (character >> 6U & 0x3F));
    push(0x80 | (character & 0x3F));
  } else {
    push(0xF0 | character >> 18U);
    push(0x80 | (character >> 12U & 0x3F));
    push(0x80 | (character >> 6U & 0x3F));
    push(0x80 | (character & 0x3F));
  }
}

struct Composed {
  char32_t lower;  // The letter in one character.
  char base;
  char32_t mark;
};
// The small letters of Latin-1 and Latin Extended-A that decompose.
constexpr auto kComposed = std::to_array<Composed>({
    {0xE0, 'a', 0x300},  {0xE1, 'a', 0x301},  {0xE2, 'a', 0x302},  {0xE3, 'a', 0x303},
    {0xE4, 'a', 0x308},  {0xE5, 'a', 0x30A},  {0xE7, 'c', 0x327},  {0xE8, 'e', 0x300},
    {0xE9, 'e', 0x301},  {0xEA, 'e', 0x302},  {0xEB, 'e', 0x308},  {0xEC, 'i', 0x300},
    {0xED, 'i', 0x301},  {0xEE, 'i', 0x302},  {0xEF, 'i', 0x308},  {0xF1, 'n', 0x303},
    {0xF2, 'o', 0x300},  {0xF3, 'o', 0x301},  {0xF4, 'o', 0x302},  {0xF5, 'o', 0x303},
    {0xF6, 'o', 0x308},  {0xF9, 'u', 0x300},  {0xFA, 'u', 0x301},  {0xFB, 'u', 0x302},
    {0xFC, 'u', 0x308},  {0xFD, 'y', 0x301},  {0xFF, 'y', 0x308},  {0x101, 'a', 0x304},
    {0x103, 'a', 0x306}, {0x105, 'a', 0x328}, {0x107, 'c', 0x301}, {0x109, 'c', 0x302},
    {0x10B, 'c', 0x307}, {0x10D, 'c', 0x30C}, {0x10F, 'd', 0x30C}, {0x113, 'e', 0x304},
    {0x115, 'e', 0x306}, {0x117, 'e', 0x307}, {0x119, 'e', 0x328}, {0x11B, 'e', 0x30C},
    {0x11D, 'g', 0x302}, {0x11F, 'g', 0x306}, {0x121, 'g', 0x307}, {0x123, 'g', 0x327},
    {0x125, 'h', 0x302}, {0x129, 'i', 0x303}, {0x12B, 'i', 0x304}, {0x12D, 'i', 0x306},
    {0x12F, 'i', 0x328}, {0x135, 'j', 0x302}, {0x137, 'k', 0x327}, {0x13A, 'l', 0x301},
    {0x13C, 'l', 0x327}, {0x13E, 'l', 0x30C}, {0x144, 'n', 0x301}, {0x146, 'n', 0x327},
    {0x148, 'n', 0x30C}, {0x14D, 'o', 0x304}, {0x14F, 'o', 0x306}, {0x151, 'o', 0x30B},
    {0x155, 'r', 0x301}, {0x157, 'r', 0x327}, {0x159, 'r', 0x30C}, {0x15B, 's', 0x301},
    {0x15D, 's', 0x302}, {0x15F, 's', 0x327}, {0x161, 's', 0x30C}, {0x163, 't', 0x327},
    {0x165, 't', 0x30C}, {0x169, 'u', 0x303}, {0x16B, 'u', 0x304}, {0x16D, 'u', 0x306},
    {0x16F, 'u', 0x30A}, {0x171, 'u', 0x30B}, {0x173, 'u', 0x328}, {0x175, 'w', 0x302},
    {0x177, 'y', 0x302}, {0x17A, 'z', 0x301}, {0x17C, 'z', 0x307}, {0x17E, 'z', 0x30C},
});

char32_t LowerCase(char32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 0x20;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 0x20;
  if (c == 0x178) return 0xFF;
  // In Latin Extended-A capitals and small letters alternate, in two rhythms.
  const bool odd_rhythm = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E);
  const bool in_block = c >= 0x100 && c <= 0x17E && c != 0x130 && c != 0x131 && c != 0x138 &&
                        c != 0x149 && c != 0x178;
  if (in_block && (c & 1U) == (odd_rhythm ? 1U : 0U)) return c + 1;
  if (c >= 0x391 && c <= 0x3A9) return c + 0x20;  // Greek
  if (c >= 0x410 && c <= 0x42F) return c + 0x20;  // Cyrillic
  if (c >= 0x400 && c <= 0x40F) return c + 0x50;
  return c;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsSafeSegment(std::string_view segment) {
  return !segment.empty() && segment != "." && segment != "..";
}

}  // namespace

std::string PrintableText(std::string_view text) {
  // Most texts are all printable ASCII.
  const bool as_it_is = std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7F; });
  if (as_it_is) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const char32_t character = base::TakeCodePoint(text);
    AppendCharacter(character == base::kInvalidCodePoint ? 0xFFFD
                    : base::IsSteering(character)        ? ' '
                                                         : character,
                    out);
  }
  return out;
}

bool IsSafeMemberName(std::string_view name) {
  for (std::string_view rest = name; !rest.empty();) {
    const char32_t character = base::TakeCodePoint(rest);
    if (character == base::kInvalidCodePoint || character < 0x20 || character == 0x7F ||
        character == '\\')
      return false;
  }
  if (name.size() >= 2 && name[1] == ':') return false;  // "C:"
  if (name.ends_with('/')) name.remove_suffix(1);
  for (std::size_t start = 0;;) {
    const std::size_t slash = name.find('/', start);
    if (!IsSafeSegment(name.substr(start, slash - start))) return false;
    if (slash == std::string_view::npos) return true;
    start = slash + 1;
  }
}

std::string ConfusableKey(std::string_view name) {
  std::string key;
  while (!name.empty()) {
    const char32_t character = LowerCase(base::TakeCodePoint(name));
    const auto composed = std::ranges::lower_bound(kComposed, character, {}, &Composed::lower);
    if (composed == kComposed.end() || composed->lower != character) {
      AppendCharacter(character, key);
      continue;
    }
    key.push_back(composed->base);
    AppendCharacter(composed->mark, key);
  }
  return key;
}

std::optional<std::string> MemberNameOfUri(std::string_view uri) {
  // RFC 3986, 4.2: a colon in the first segment makes it a scheme.
  if (uri.substr(0, uri.find('/')).find(':') != std::string_view::npos) return std::nullopt;
  if (uri.starts_with("//") || uri.find_first_of("?#") != std::string_view::npos)
    return std::nullopt;
  if (uri.starts_with('/')) uri.remove_prefix(1);
  std::string name;
  for (std::size_t i = 0; i < uri.size(); ++i) {
    if (uri[i] != '%') {
      name.push_back(uri[i]);
      continue;
    }
    const int high = i + 2 < uri.size() ? HexDigit(uri[i + 1]) : -1;
    const int low = i + 2 < uri.size() ? HexDigit(uri[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    name.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  if (!IsSafeMemberName(name)) return std::nullopt;
  return name;
}

}  // namespace signing
