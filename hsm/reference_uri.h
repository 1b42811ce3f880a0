// Which URIs a Reference of ours may carry.
#pragma once

#include <string_view>

namespace hsm {

// "#" and an NCName of ASCII.
bool IsSameDocumentUri(std::string_view uri);

// A relative path of RFC 3986 (4.2, path-noscheme), percent-encoded, with no "." or ".."
// segment, no empty segment, no query and no fragment; at most 1,024 characters.
// "'" and "&" are lawful there but refused, so that nothing is ever escaped.
bool IsRelativePath(std::string_view uri);

// ASCII part of NCName (Namespaces in XML 1.0, 3): a letter or "_", then also digits, "-" and ".".
bool IsNcName(std::string_view name);

}  // namespace hsm
