// Names of files inside a container: which are safe, and which a reader could confuse.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace signing {

// False for names that are empty, absolute, have a drive, a backslash, an empty, "." or ".."
// segment, a control character, or are not UTF-8. A folder's name may end with one slash.
bool IsSafeMemberName(std::string_view name);

// Equal for names that some file system takes for one another: letter case, and letters
// with a mark written as one character or as two (NFC, NFD) in the Latin alphabets.
std::string ConfusableKey(std::string_view name);

// The member a relative reference of a signature or manifest means: percent-decoded once
// (RFC 3986; "+" stays), relative to the root of the container, which one leading slash also
// means. nullopt when it has a scheme, authority, query, fragment or bad percent encoding.
std::optional<std::string> MemberNameOfUri(std::string_view uri);

// For people: control characters become spaces, bytes that are not UTF-8 become U+FFFD.
std::string PrintableText(std::string_view text);

}  // namespace signing
