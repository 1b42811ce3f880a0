#include "hsm/reference_uri.h"

#include <algorithm>
#include <cstddef>

namespace hsm {
namespace {

constexpr std::size_t kMaxLength = 1024;

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// RFC 3986, 3.3: pchar without "'" and "&" (see the header), and without ":", which in the
// first segment would make a scheme of what stands before it.
bool IsPathCharacter(char c) {
  constexpr std::string_view kMarks = "-._~!$()*+,;=@";
  return IsLetter(c) || IsDigit(c) || kMarks.find(c) != std::string_view::npos;
}

// What "%XX" may hide: no control character, no separator, and no dot that would make a
// "." or ".." segment of it once decoded.
bool MayBeEncoded(int byte) {
  return byte > 0x1f && byte != 0x7f && byte != '/' && byte != '\\' && byte != '.';
}

bool IsSegment(std::string_view segment) {
  if (segment.empty() || segment == "." || segment == "..") return false;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '%') {
      if (!IsPathCharacter(segment[i])) return false;
      continue;
    }
    if (segment.size() - i < 3) return false;
    const int high = HexValue(segment[i + 1]);
    const int low = HexValue(segment[i + 2]);
    if (high < 0 || low < 0 || !MayBeEncoded(high * 16 + low)) return false;
    i += 2;
  }
  return true;
}

}  // namespace

bool IsNcName(std::string_view name) {
  if (name.empty() || name.size() > kMaxLength) return false;
  if (!IsLetter(name.front()) && name.front() != '_') return false;
  return std::ranges::all_of(
      name, [](char c) { return IsLetter(c) || IsDigit(c) || c == '_' || c == '-' || c == '.'; });
}

bool IsSameDocumentUri(std::string_view uri) {
  return uri.starts_with('#') && IsNcName(uri.substr(1));
}

bool IsRelativePath(std::string_view uri) {
  if (uri.empty() || uri.size() > kMaxLength) return false;
  while (true) {
    const std::size_t slash = uri.find('/');
    if (!IsSegment(uri.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    uri.remove_prefix(slash + 1);
  }
}

}  // namespace hsm
