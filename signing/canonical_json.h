// Canonical JSON: one text for one value, whoever wrote it and in whatever order.
//
// RFC 8785 for the values that base::Json has: members sorted by name, no white space, the
// shortest escapes, integers as they are. Names of ours are ASCII, for which the order of bytes
// is the order of UTF-16 that the RFC asks for. A line feed ends the text, so that a file of it
// is what a terminal shows.
#pragma once

#include <string>

#include "base/json.h"

namespace signing {

std::string CanonicalText(const base::Json& json);

// Where two values differ first, members in the order of their names, as a JSON pointer
// (RFC 6901); "" is the whole value. Equal values: "" as well.
std::string FirstDifference(const base::Json& a, const base::Json& b);

}  // namespace signing
