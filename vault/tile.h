// Tile: the C2SP tlog-tiles name of a run of up to 256 hashes of the tree, or of the entries
// below them. Tiles are not kept: any of them is as many reads of the ledger.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vault {

inline constexpr unsigned kTileHeight = 8;
inline constexpr std::uint64_t kTileWidth = 256;

// The hashes of nodes (8 * level, 256 * index) and on.
struct Tile {
  unsigned level = 0;  // 0 to 7: eight levels of the tree each.
  std::uint64_t index = 0;
  std::uint64_t width = kTileWidth;  // 1 to 256; less is a partial tile.
  friend bool operator==(const Tile&, const Tile&) = default;
};

// "0/x001/234" or "0/x001/234.p/5"; as_entries: "entries/x001/234.p/5".
std::string TilePath(const Tile& tile, bool as_entries = false);

struct NamedTile {
  Tile tile;
  bool is_entries = false;  // Of level 0 then.
};
// nullopt unless TilePath() writes exactly this text.
std::optional<NamedTile> ParseTilePath(std::string_view path);

// Whether the tree of `size` entries has all of its nodes.
bool IsTileOf(const Tile& tile, std::uint64_t size);

// What a tree of `size` shows at `level`: full tiles, then one of `partial` hashes (0: none).
struct TileRow {
  std::uint64_t full = 0;
  std::uint64_t partial = 0;
};
TileRow TileRowOf(unsigned level, std::uint64_t size);

}  // namespace vault
