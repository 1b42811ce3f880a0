#include "vault/unicode_space.h"

#include <algorithm>
#include <array>

namespace vault {
namespace {

// Unicode, PropList: White_Space.
constexpr auto kSpaces = std::to_array<std::string_view>({
    "\t",           "\n",           "\v",           "\f",           "\r",           " ",
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82",
    "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88",
    "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F",
    "\xE3\x80\x80",
});

}  // namespace

bool HasUnicodeSpace(std::string_view text) {
  return std::ranges::any_of(kSpaces, [text](std::string_view space) {
    return text.find(space) != std::string_view::npos;
  });
}

}  // namespace vault
