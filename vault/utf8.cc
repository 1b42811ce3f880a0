#include "vault/utf8.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace vault {
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

// Unicode, PropList: White_Space.
constexpr auto kSpaces = std::to_array<std::string_view>({
    "\t",           "\n",           "\v",           "\f",           "\r",           " ",
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82",
    "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88",
    "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F",
    "\xE3\x80\x80",
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

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool HasUnicodeSpace(std::string_view text) {
  return std::ranges::any_of(kSpaces, [text](std::string_view space) {
    return text.find(space) != std::string_view::npos;
  });
}

}  // namespace vault
