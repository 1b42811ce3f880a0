// UTF-8 (RFC 3629): no surrogates, no overlong forms, nothing beyond U+10FFFF.
#pragma once

#include <string_view>

namespace base {

inline constexpr char32_t kInvalidCodePoint = 0xFFFFFFFF;

// Takes the first character off `text`; kInvalidCodePoint takes one byte.
// REQUIRES: text is not empty.
char32_t TakeCodePoint(std::string_view& text);

bool IsUtf8(std::string_view text);

}  // namespace base
