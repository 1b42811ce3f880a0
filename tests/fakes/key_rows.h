// Rows of the stored key tree for tests of vault: bytes that nobody can open.
#pragma once

#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "vault/key_store.h"

namespace tests {

inline constexpr vault::KeyStore::Options kSmallKeys{.max_bytes = std::size_t{64} << 20U};

inline vault::KeyTop TopOf(std::uint64_t generation) {
  return {generation, base::Bytes(vault::kWrappedKeySize, static_cast<std::uint8_t>(generation))};
}

// Of a folder that the test has for itself.
inline std::unique_ptr<vault::KeyStore> OpenKeys(const std::filesystem::path& data) {
  return vault::KeyStore::Open(data, kSmallKeys).value();
}

struct MadeLeaf {
  std::vector<vault::StoredKey> nodes;
  base::Bytes row;
};

// With the nodes above it: right for the first leaf below them.
inline MadeLeaf LeafAt(std::uint32_t leaf) {
  MadeLeaf made{{}, base::Bytes(vault::kKeyRowSize, 7)};
  for (std::uint8_t level = 1; level <= vault::kKeyLeafLevel; ++level)
    made.nodes.push_back({{level, leaf >> (8U * (vault::kKeyLeafLevel - level))},
                          base::Bytes(vault::kWrappedKeySize, level)});
  return made;
}

}  // namespace tests
