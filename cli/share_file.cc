#include "cli/share_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/digest.h"

namespace cli {
namespace {

constexpr std::string_view kKind = "edocvault-share-1";
constexpr std::size_t kCheckDigits = 8;
constexpr std::size_t kMostDigits = 64;  // Of the value.

base::Error Malformed(const char* what) {
  return {base::ErrorCode::kInvalidInput, "share.malformed", what};
}

std::string CheckOf(std::string_view text) {
  return base::HexEncode(base::Sha256(base::AsBytes(text)).bytes).substr(0, kCheckDigits);
}

std::uint8_t NumberIn(std::string_view text) {
  std::uint8_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : std::uint8_t{0};
}

}  // namespace

base::Secret ShareText(const hsm::KeyShare& share) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  base::Bytes text;
  text.reserve(256);  // Growth would leave copies.
  base::Append(
      base::AsBytes(std::string(kKind) + ":" + share.set + ":" + std::to_string(share.needed) +
                    ":" + std::to_string(share.number) + ":"),
      text);
  for (const std::uint8_t byte : share.value.Reveal()) {
    text.push_back(static_cast<std::uint8_t>(kDigits[byte >> 4U]));
    text.push_back(static_cast<std::uint8_t>(kDigits[byte & 0x0fU]));
  }
  const std::string check = ":" + CheckOf(base::AsText(text)) + "\n";
  base::Append(base::AsBytes(check), text);
  return base::Secret(std::move(text));
}

base::Result<hsm::KeyShare> ShareFrom(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  const std::string_view checked = text.substr(0, text.rfind(':'));
  std::array<std::string_view, 6> parts;
  for (std::string_view& part : parts) {
    part = text.substr(0, text.find(':'));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
  }
  const auto [kind, set, needed, number, value, check] = parts;
  if (kind != kKind || !text.empty()) return Malformed("not a share");
  if (check != CheckOf(checked)) return Malformed("its check digits do not fit: a typing error");
  auto bytes = base::HexDecode(value);
  if (!bytes || value.size() != kMostDigits) return Malformed("its value");
  return hsm::KeyShare{std::string(set), NumberIn(needed), NumberIn(number),
                       base::Secret(std::move(*bytes))};
}

}  // namespace cli
