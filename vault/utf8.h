// UTF-8 as far as notes ask for it.
#pragma once

#include <string_view>

namespace vault {

// RFC 3629: no surrogates, no overlong forms, nothing beyond U+10FFFF.
bool IsUtf8(std::string_view text);

// Whether one of the characters that Unicode calls White_Space is in it.
// REQUIRES: IsUtf8(text).
bool HasUnicodeSpace(std::string_view text);

}  // namespace vault
