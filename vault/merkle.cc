#include "vault/merkle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

namespace vault {
namespace {

constexpr std::uint8_t kLeafPrefix = 0x00;
constexpr std::uint8_t kNodePrefix = 0x01;

}  // namespace

base::Sha256Digest EmptyRoot() {
  return base::Sha256({});
}

base::Sha256Digest LeafHash(base::ByteSpan data) {
  // Most entries fit; an audit hashes millions of them.
  std::array<std::uint8_t, 512> usual;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  if (data.size() < usual.size()) {
    usual[0] = kLeafPrefix;
    std::ranges::copy(data, usual.begin() + 1);
    return base::Sha256(base::ByteSpan(usual).first(data.size() + 1));
  }
  base::Bytes input;
  input.reserve(data.size() + 1);
  input.push_back(kLeafPrefix);
  base::Append(data, input);
  return base::Sha256(input);
}

base::Sha256Digest NodeHash(const base::Sha256Digest& left, const base::Sha256Digest& right) {
  std::array<std::uint8_t, 1 + 2 * sizeof(base::Sha256Digest)> input{kNodePrefix};
  const auto middle = std::copy(left.bytes.begin(), left.bytes.end(), input.begin() + 1);
  std::copy(right.bytes.begin(), right.bytes.end(), middle);
  return base::Sha256(input);
}

unsigned CompletedBy(std::uint64_t entry) {
  return 1U + static_cast<unsigned>(std::countr_zero(entry + 1));
}

std::uint64_t CompletingEntry(const TreeNode& node) {
  return ((node.index + 1) << node.level) - 1;
}

std::vector<TreeNode> PeaksOf(std::uint64_t size) {
  std::vector<TreeNode> peaks;
  for (unsigned level = 64; level-- > 0;) {
    // The peak of this level starts where the wider ones end.
    if (((size >> level) & 1U) != 0) peaks.push_back({level, (size >> level) - 1});
  }
  return peaks;
}

base::Sha256Digest RootOfPeaks(const Digests& peaks) {
  if (peaks.empty()) return EmptyRoot();
  base::Sha256Digest root = peaks.back();
  for (std::size_t i = peaks.size() - 1; i-- > 0;) root = NodeHash(peaks[i], root);
  return root;
}

Digests Edge::Append(const base::Sha256Digest& leaf) {
  Digests completed{leaf};
  // Every one bit at the end of the size is a peak that now finds its right sibling.
  for (unsigned level = 1; level < CompletedBy(size_); ++level) {
    completed.push_back(NodeHash(peaks_.back(), completed.back()));
    peaks_.pop_back();
  }
  peaks_.push_back(completed.back());
  ++size_;
  return completed;
}

}  // namespace vault
