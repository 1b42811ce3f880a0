// Inclusion and consistency proofs of RFC 6962, 2.1.1 and 2.1.2: built from a log's nodes,
// and checked with nothing but hashes.
#pragma once

#include <functional>
#include <optional>

#include "base/result.h"
#include "vault/merkle.h"

namespace vault {

// Gives the hash of a complete node. Its errors pass through.
using NodeReader = std::function<base::Result<base::Sha256Digest>(const TreeNode& node)>;

// All read O(log size) nodes.
base::Result<base::Sha256Digest> RootAt(std::uint64_t size, const NodeReader& read);
// REQUIRES: entry < size.
base::Result<Digests> InclusionPath(std::uint64_t entry, std::uint64_t size,
                                    const NodeReader& read);
// REQUIRES: old_size <= size. Empty when the sizes are equal or the old one is 0.
base::Result<Digests> ConsistencyPath(std::uint64_t old_size, std::uint64_t size,
                                      const NodeReader& read);

// The root that the path leads to; nullopt when entry >= size or the path has a wrong length.
std::optional<base::Sha256Digest> RootFromInclusion(const base::Sha256Digest& leaf,
                                                    std::uint64_t entry, std::uint64_t size,
                                                    const Digests& path);

struct SizedRoot {
  std::uint64_t size = 0;
  base::Sha256Digest root;
};

// Whether the tree `now` was grown from the tree `old`, entry by entry.
bool IsConsistent(const SizedRoot& old, const SizedRoot& now, const Digests& path);

}  // namespace vault
