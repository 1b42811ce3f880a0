#include "api/http/byte_range.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace api {
namespace {

base::Error Unsatisfiable(std::uint64_t size) {
  return {base::ErrorCode::kInvalidInput, "range.unsatisfiable",
          "there are " + std::to_string(size) + " bytes"};
}

// nullopt for what is no decimal number of 64 bits.
std::optional<std::uint64_t> NumberOf(std::string_view text) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view WithoutBlanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

bool HasAlready(const Request& request, const std::string& etag) {
  const std::string header = request.Header("if-none-match");
  std::string_view left = header;
  while (!left.empty()) {
    const std::size_t end = std::min(left.find(','), left.size());
    std::string_view tag = WithoutBlanks(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
    // RFC 9110, 13.1.2: "A recipient MUST use the weak comparison function".
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == "*" || tag == etag) return true;
  }
  return false;
}

base::Result<std::optional<ByteRange>> ReadRange(const Request& request, std::uint64_t size,
                                                 const std::string& etag) {
  constexpr std::string_view kUnit = "bytes=";
  const std::optional<ByteRange> all;
  const std::string header = request.Header("range");
  if (!header.starts_with(kUnit)) return all;
  // RFC 9110, 13.1.5: by the strong comparison; a date is never a strong validator of ours.
  const std::string valid_for = request.Header("if-range");
  if (!valid_for.empty() && valid_for != etag) return all;

  const std::string_view range = WithoutBlanks(std::string_view(header).substr(kUnit.size()));
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return all;
  const auto first = NumberOf(range.substr(0, dash));
  const auto last = NumberOf(range.substr(dash + 1));
  if (dash == 0) {  // The last so many bytes.
    if (!last) return all;
    const std::uint64_t length = std::min(*last, size);
    if (length == 0) return Unsatisfiable(size);
    return std::optional(ByteRange{.offset = size - length, .length = length});
  }
  const bool is_open = dash + 1 == range.size();
  if (!first || (!last && !is_open) || (last && *last < *first)) return all;
  if (*first >= size) return Unsatisfiable(size);
  const std::uint64_t end = is_open ? size : std::min(*last, size - 1) + 1;
  return std::optional(ByteRange{.offset = *first, .length = end - *first});
}

}  // namespace api
