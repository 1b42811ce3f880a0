#include "vault/proof.h"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace vault {
namespace {

// A run of leaves that starts where a node of its width could: what RFC 6962 writes D[k:n].
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t width() const { return end - begin; }
  // RFC 6962, 2.1: "let k be the largest power of two smaller than n".
  std::uint64_t Split() const { return begin + std::bit_floor(width() - 1); }
};

base::Result<base::Sha256Digest> HashOf(const Range& range, const NodeReader& read) {
  Digests peaks;
  std::uint64_t begin = range.begin;
  for (const TreeNode& peak : PeaksOf(range.width())) {
    ASSIGN_OR_RETURN(const base::Sha256Digest hash, read({peak.level, begin >> peak.level}));
    peaks.push_back(hash);
    begin += std::uint64_t{1} << peak.level;
  }
  return RootOfPeaks(peaks);
}

}  // namespace

base::Result<base::Sha256Digest> RootAt(std::uint64_t size, const NodeReader& read) {
  return HashOf({0, size}, read);
}

base::Result<Digests> InclusionPath(std::uint64_t entry, std::uint64_t size,
                                    const NodeReader& read) {
  Digests path;
  Range range{0, size};
  while (range.width() > 1) {  // From the root down; the path is read from the leaf up.
    const std::uint64_t split = range.Split();
    const Range left{range.begin, split};
    const Range right{split, range.end};
    const bool in_left = entry < split;
    ASSIGN_OR_RETURN(const base::Sha256Digest sibling, HashOf(in_left ? right : left, read));
    path.push_back(sibling);
    range = in_left ? left : right;
  }
  std::ranges::reverse(path);
  return path;
}

base::Result<Digests> ConsistencyPath(std::uint64_t old_size, std::uint64_t size,
                                      const NodeReader& read) {
  Digests path;
  if (old_size == 0 || old_size == size) return path;
  Range range{0, size};
  bool whole_old_tree = true;  // RFC 6962, 2.1.2: the b of SUBPROOF(m, D[n], b).
  while (range.end != old_size) {
    const std::uint64_t split = range.Split();
    const Range left{range.begin, split};
    const Range right{split, range.end};
    const bool in_left = old_size <= split;
    ASSIGN_OR_RETURN(const base::Sha256Digest sibling, HashOf(in_left ? right : left, read));
    path.push_back(sibling);
    whole_old_tree = whole_old_tree && in_left;
    range = in_left ? left : right;
  }
  if (!whole_old_tree) {
    ASSIGN_OR_RETURN(const base::Sha256Digest last, HashOf(range, read));
    path.push_back(last);
  }
  std::ranges::reverse(path);
  return path;
}

// RFC 9162, 2.1.3.2, whose trees are those of RFC 6962.
std::optional<base::Sha256Digest> RootFromInclusion(const base::Sha256Digest& leaf,
                                                    std::uint64_t entry, std::uint64_t size,
                                                    const Digests& path) {
  if (entry >= size) return std::nullopt;
  std::uint64_t fn = entry;
  std::uint64_t sn = size - 1;
  base::Sha256Digest root = leaf;
  for (const base::Sha256Digest& sibling : path) {
    if (sn == 0) return std::nullopt;
    const bool is_right = (fn & 1U) != 0 || fn == sn;
    root = is_right ? NodeHash(sibling, root) : NodeHash(root, sibling);
    // A node without a right sibling rises until it is a right child itself.
    while (is_right && (fn & 1U) == 0 && fn != 0) {
      fn >>= 1U;
      sn >>= 1U;
    }
    fn >>= 1U;
    sn >>= 1U;
  }
  if (sn != 0) return std::nullopt;
  return root;
}

// RFC 9162, 2.1.4.2.
bool IsConsistent(const SizedRoot& old, const SizedRoot& now, const Digests& path) {
  if (old.size > now.size) return false;
  if (old.size == now.size) return path.empty() && old.root == now.root;
  if (old.size == 0) return path.empty() && old.root == EmptyRoot();

  // "If first is an exact power of 2, then prepend first_hash to the path."
  Digests full;
  if (std::has_single_bit(old.size)) full.push_back(old.root);
  full.insert(full.end(), path.begin(), path.end());
  if (full.empty()) return false;

  const auto rise = static_cast<unsigned>(std::countr_one(old.size - 1));
  std::uint64_t fn = rise == 64 ? 0 : (old.size - 1) >> rise;
  std::uint64_t sn = rise == 64 ? 0 : (now.size - 1) >> rise;
  base::Sha256Digest old_root = full.front();
  base::Sha256Digest now_root = full.front();
  for (std::size_t i = 1; i < full.size(); ++i) {
    if (sn == 0) return false;
    const bool is_right = (fn & 1U) != 0 || fn == sn;
    if (is_right) old_root = NodeHash(full[i], old_root);
    now_root = is_right ? NodeHash(full[i], now_root) : NodeHash(now_root, full[i]);
    while (is_right && (fn & 1U) == 0 && fn != 0) {
      fn >>= 1U;
      sn >>= 1U;
    }
    fn >>= 1U;
    sn >>= 1U;
  }
  return sn == 0 && old_root == old.root && now_root == now.root;
}

}  // namespace vault
