// SmallTree: a key tree of one leaf, made by the keys under test, as whoever stores it has it.
#pragma once

#include <vector>

#include "hsm/vault_keys.h"

namespace tests {

struct SmallTree {
  static constexpr std::uint32_t kLeaf = 1;
  static constexpr std::uint32_t kSlot = kLeaf * 256;

  hsm::KeyPaths paths;
  base::Bytes row;
  std::vector<base::Secret> keys;

  // Of slot kSlot + `at`.
  hsm::PlacedKey Key(std::uint32_t at = 0) const {
    const auto from = row.begin() + static_cast<std::ptrdiff_t>(at * hsm::kWrappedKeySize);
    return {{hsm::kRecordLevel, kSlot + at}, {from, from + hsm::kWrappedKeySize}};
  }
};

inline base::Result<SmallTree> MakeSmallTree(hsm::VaultKeys& keys) {
  ASSIGN_OR_RETURN(const hsm::TopKey top, keys.NewTop());
  ASSIGN_OR_RETURN(hsm::NewLeaf leaf, keys.MakeLeaf({top, {}}, SmallTree::kLeaf));
  return SmallTree{{top, std::move(leaf.nodes)}, std::move(leaf.row), std::move(leaf.keys)};
}

// "opened", or why not.
inline std::string OpenReason(hsm::VaultKeys& keys, const hsm::KeyPaths& paths,
                              const hsm::PlacedKey& key) {
  const auto opened = keys.OpenKeys(hsm::KeyUse::kRead, paths, {key});
  return opened.ok() ? "opened" : opened.error().reason;
}

}  // namespace tests
