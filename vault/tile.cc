#include "vault/tile.h"

#include <charconv>

namespace vault {
namespace {

constexpr unsigned kLevels = 8;  // Of tiles, below a size of 64 bits.
constexpr std::string_view kEntries = "entries";
constexpr std::string_view kPartial = ".p/";
constexpr std::uint64_t kElement = 1000;  // Indexes have three digits a path element.

std::string ThreeDigits(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(3 - digits.size(), '0') + digits;
}

std::string IndexPath(std::uint64_t index) {
  std::string path = ThreeDigits(index % kElement);
  for (index /= kElement; index > 0; index /= kElement)
    path.insert(0, "x" + ThreeDigits(index % kElement) + "/");
  return path;
}

// Reads loosely; whoever calls compares with what TilePath() writes.
std::optional<std::uint64_t> NumberOf(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> IndexOf(std::string_view path) {
  std::string digits;
  for (const char c : path)
    if (c != 'x' && c != '/') digits += c;
  return NumberOf(digits);
}

}  // namespace

std::string TilePath(const Tile& tile, bool as_entries) {
  return (as_entries ? std::string(kEntries) : std::to_string(tile.level)) + "/" +
         IndexPath(tile.index) +
         (tile.width == kTileWidth ? "" : std::string(kPartial) + std::to_string(tile.width));
}

std::optional<NamedTile> ParseTilePath(std::string_view path) {
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view level = path.substr(0, slash);
  const std::string_view rest = path.substr(slash + 1);
  const std::size_t partial = rest.find(kPartial);
  const auto width = partial == std::string_view::npos
                         ? std::optional(kTileWidth)
                         : NumberOf(rest.substr(partial + kPartial.size()));
  const auto index = IndexOf(rest.substr(0, partial));
  const bool is_entries = level == kEntries;
  const auto number = is_entries ? std::optional<std::uint64_t>(0) : NumberOf(level);
  if (!number || !index || !width || *number >= kLevels || *width < 1 || *width > kTileWidth)
    return std::nullopt;
  const NamedTile named{{static_cast<unsigned>(*number), *index, *width}, is_entries};
  if (TilePath(named.tile, is_entries) != path) return std::nullopt;
  return named;
}

bool IsTileOf(const Tile& tile, std::uint64_t size) {
  if (tile.level >= kLevels || tile.width < 1 || tile.width > kTileWidth) return false;
  const TileRow row = TileRowOf(tile.level, size);
  return tile.index < row.full || (tile.index == row.full && tile.width <= row.partial);
}

TileRow TileRowOf(unsigned level, std::uint64_t size) {
  const std::uint64_t hashes = size >> (kTileHeight * level);
  return {hashes / kTileWidth, hashes % kTileWidth};
}

}  // namespace vault
