// UTF-8 (RFC 3629): no surrogates, no overlong forms, nothing beyond U+10FFFF.
#pragma once

#include <string>
#include <string_view>

namespace base {

inline constexpr char32_t kInvalidCodePoint = 0xFFFFFFFF;

// Takes the first character off `text`; kInvalidCodePoint takes one byte.
// REQUIRES: text is not empty.
char32_t TakeCodePoint(std::string_view& text);

bool IsUtf8(std::string_view text);

// True for characters that change how the text around them is shown instead of being shown:
// controls (C0, DEL, C1) and those that turn the writing direction.
bool IsSteering(char32_t point);
bool HasSteeringCharacter(std::string_view text);

// For a terminal: each steering character and each byte that is no UTF-8 becomes a space.
std::string WithoutSteering(std::string_view text);

}  // namespace base
