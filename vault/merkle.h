// Merkle tree hashing of RFC 6962, 2.1, with the right edge that lets a log grow.
//
// A node (level, index) covers leaves index * 2^level to (index + 1) * 2^level - 1. It exists
// once its last leaf does, and never changes.
#pragma once

#include <cstdint>
#include <vector>

#include "base/digest.h"

namespace vault {

using Digests = std::vector<base::Sha256Digest>;

base::Sha256Digest EmptyRoot();                    // MTH({}) = SHA-256().
base::Sha256Digest LeafHash(base::ByteSpan data);  // SHA-256(0x00 || data).
// SHA-256(0x01 || left || right).
base::Sha256Digest NodeHash(const base::Sha256Digest& left, const base::Sha256Digest& right);

struct TreeNode {
  unsigned level = 0;
  std::uint64_t index = 0;
};

// How many nodes the leaf numbered `entry` completes, itself included: 1 to 64.
unsigned CompletedBy(std::uint64_t entry);

// The number of the leaf that completes `node`.
std::uint64_t CompletingEntry(const TreeNode& node);

// The nodes whose hashes give the root of a tree of `size` leaves, widest first.
std::vector<TreeNode> PeaksOf(std::uint64_t size);

// The hash of the peaks: folds them from the right. Of no peaks: EmptyRoot().
base::Sha256Digest RootOfPeaks(const Digests& peaks);

// The right edge of a growing tree. A value; not thread-safe.
class Edge {
 public:
  Edge() = default;
  // REQUIRES: `peaks` are the hashes of PeaksOf(size).
  Edge(std::uint64_t size, Digests peaks) : size_(size), peaks_(std::move(peaks)) {}

  // Returns the hashes of the nodes that the leaf completes, by level from 0.
  Digests Append(const base::Sha256Digest& leaf);

  std::uint64_t size() const { return size_; }
  base::Sha256Digest Root() const { return RootOfPeaks(peaks_); }

 private:
  std::uint64_t size_ = 0;
  Digests peaks_;
};

}  // namespace vault
