// What a conditional or partial GET asks for (RFC 9110, 13 and 14), of content that has a strong
// entity tag.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/http/message.h"
#include "base/result.h"

namespace api {

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  // At least 1.
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// If-None-Match names `etag` (quotes included), so that the caller has the content already.
bool HasAlready(const Request& request, const std::string& etag);

// nullopt: all of it, because nothing else is asked for, or in a form that may be ignored (several
// ranges, another unit), or If-Range names other content.
// kInvalidInput "range.unsatisfiable" when the content of `size` bytes has no byte of the range.
base::Result<std::optional<ByteRange>> ReadRange(const Request& request, std::uint64_t size,
                                                 const std::string& etag);

}  // namespace api
