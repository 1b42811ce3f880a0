// KeptId: the id of something that is kept for an agency until it is fetched.
//
// It begins with the agency's mark, so that what each of them keeps is counted without opening
// it: one that fills its share takes nothing from the others.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace api {

constexpr std::size_t kKeptIdSize = 16;

// Four bytes of the mark and the first twelve of `unguessable`. REQUIRES: it has as many.
base::Bytes KeptId(std::string_view agency, base::ByteSpan unguessable);

// Whether `name`, the id in hexadecimal and what may follow, is of that agency.
bool IsKeptFor(std::string_view agency, std::string_view name);

// The mark that `name` begins with.
std::string_view MarkIn(std::string_view name);

}  // namespace api
