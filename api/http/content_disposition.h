// Content-Disposition (RFC 6266): the file name that goes with a body.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace api {

// From filename*=UTF-8''... (RFC 8187) or filename="..."; nullopt when there is none.
// The name is not yet checked: whoever uses it asks IsDocumentName().
std::optional<std::string> FileNameOf(std::string_view header);

// attachment; filename*=UTF-8''... for any UTF-8 name.
std::string AttachmentHeader(std::string_view name);

}  // namespace api
