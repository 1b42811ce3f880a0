// Base64 of RFC 4648: section 4 (standard) for XML and notes, section 5 for URLs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace base {

std::string Base64Encode(ByteSpan bytes);

// Strict: no white space, padding required, unused bits zero. Anything else is nullopt.
// Callers that read XML strip white space first; XML Schema allows it, RFC 4648 does not.
std::optional<Bytes> Base64Decode(std::string_view text);

// Without padding.
std::string Base64UrlEncode(ByteSpan bytes);
std::optional<Bytes> Base64UrlDecode(std::string_view text);

}  // namespace base
