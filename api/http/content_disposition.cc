#include "api/http/content_disposition.h"

#include "signing/xades_writer.h"

namespace api {
namespace {

int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexValue(text[i + 1]);
    const int low = HexValue(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

}  // namespace

std::optional<std::string> FileNameOf(std::string_view header) {
  static constexpr std::string_view kExtended = "filename*=UTF-8''";
  if (const std::size_t at = header.find(kExtended); at != std::string_view::npos) {
    const std::string_view value = header.substr(at + kExtended.size());
    return PercentDecode(value.substr(0, value.find(';')));
  }
  static constexpr std::string_view kQuoted = "filename=\"";
  if (const std::size_t at = header.find(kQuoted); at != std::string_view::npos) {
    const std::string_view value = header.substr(at + kQuoted.size());
    const std::size_t end = value.find('"');
    if (end != std::string_view::npos) return std::string(value.substr(0, end));
  }
  return std::nullopt;
}

std::string AttachmentHeader(std::string_view name) {
  return "attachment; filename*=UTF-8''" + signing::PercentEncodePath(name);
}

}  // namespace api
