#include "base/utf8.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace base {
namespace {

// RFC 3629, 4: what a first byte asks of the second; third and fourth are 80..BF.
struct Form {
  std::uint8_t first_from;
  std::uint8_t first_to;
  std::size_t length;
  std::uint8_t second_from;
  std::uint8_t second_to;
};
constexpr auto kForms = std::to_array<Form>({
    {0x00, 0x7F, 1, 0, 0},
    {0xC2, 0xDF, 2, 0x80, 0xBF},
    {0xE0, 0xE0, 3, 0xA0, 0xBF},
    {0xE1, 0xEC, 3, 0x80, 0xBF},
    {0xED, 0xED, 3, 0x80, 0x9F},
    {0xEE, 0xEF, 3, 0x80, 0xBF},
    {0xF0, 0xF0, 4, 0x90, 0xBF},
    {0xF1, 0xF3, 4, 0x80, 0xBF},
    {0xF4, 0xF4, 4, 0x80, 0x8F},
});

bool IsBetween(char byte, std::uint8_t from, std::uint8_t to) {
  const auto value = static_cast<std::uint8_t>(byte);
  return value >= from && value <= to;
}

// Length of the character that `text` starts with; 0 when it is none.
std::size_t CharacterLength(std::string_view text) {
  for (const Form& form : kForms) {
    if (!IsBetween(text[0], form.first_from, form.first_to)) continue;
    if (text.size() < form.length) return 0;
    if (form.length > 1 && !IsBetween(text[1], form.second_from, form.second_to)) return 0;
    for (std::size_t i = 2; i < form.length; ++i)
      if (!IsBetween(text[i], 0x80, 0xBF)) return 0;
    return form.length;
  }
  return 0;
}

// Of ASCII that `text` starts with, in whole words of the machine.
std::size_t AsciiLength(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t length = 0;
  for (std::uint64_t word = 0; length + sizeof(word) <= text.size(); length += sizeof(word)) {
    std::memcpy(&word, text.data() + length, sizeof(word));
    if ((word & kHighBits) != 0) break;
  }
  return length;
}

}  // namespace

char32_t TakeCodePoint(std::string_view& text) {
  const std::size_t length = CharacterLength(text);
  if (length == 0) {
    text.remove_prefix(1);
    return kInvalidCodePoint;
  }
  const auto first = static_cast<std::uint8_t>(text[0]);
  char32_t point = length == 1 ? first : first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i)
    point = point << 6U | (static_cast<std::uint8_t>(text[i]) & 0x3FU);
  text.remove_prefix(length);
  return point;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    // Most texts are of ASCII for the most part.
    text.remove_prefix(AsciiLength(text));
    if (text.empty()) return true;
    const std::size_t length = CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool IsSteering(char32_t point) {
  struct Range {
    char32_t from;
    char32_t to;
  };
  constexpr auto kSteering = std::to_array<Range>({
      {0x00, 0x1F},      // C0
      {0x7F, 0x9F},      // DEL and C1
      {0x61C, 0x61C},    // Arabic letter mark
      {0x200E, 0x200F},  // left-to-right and right-to-left marks
      {0x2028, 0x202E},  // line and paragraph separators, embeddings and overrides
      {0x2066, 0x2069},  // isolates
  });
  return std::ranges::any_of(
      kSteering, [&](const Range& range) { return point >= range.from && point <= range.to; });
}

bool HasSteeringCharacter(std::string_view text) {
  while (!text.empty()) {
    if (IsSteering(TakeCodePoint(text))) return true;
  }
  return false;
}

std::string WithoutSteering(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t point = TakeCodePoint(text);
    if (point == kInvalidCodePoint || IsSteering(point)) {
      out += ' ';
    } else {
      out += before.substr(0, before.size() - text.size());
    }
  }
  return out;
}

}  // namespace base
