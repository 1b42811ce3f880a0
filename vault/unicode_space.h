// White space as Unicode has it: a note's name may hold none.
#pragma once

#include <string_view>

namespace vault {

// Whether one of the characters that Unicode calls White_Space is in it.
// REQUIRES: valid UTF-8.
bool HasUnicodeSpace(std::string_view text);

}  // namespace vault
