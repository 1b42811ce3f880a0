#include "signing/evidence_record_writer.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

namespace signing {
namespace {

using base::Bytes;
using base::ByteSpan;
using base::Sha256Digest;

// X.690, 8.1.2 and 8.1.3.
constexpr std::uint8_t kInteger = 0x02;
constexpr std::uint8_t kOctetString = 0x04;
constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kDigestAlgorithm = 0xA0;  // ArchiveTimeStamp, [0] and [2]; implicit.
constexpr std::uint8_t kReducedHashtree = 0xA2;

// AlgorithmIdentifier of SHA-256 without parameters (RFC 5754, 2), its content.
constexpr std::array<std::uint8_t, 11> kSha256{0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                               0x65, 0x03, 0x04, 0x02, 0x01};

Bytes Wrap(std::uint8_t tag, ByteSpan content) {
  Bytes out{tag};
  if (content.size() < 0x80) {
    out.push_back(static_cast<std::uint8_t>(content.size()));
  } else {
    Bytes length;
    for (std::size_t left = content.size(); left != 0; left >>= 8U)
      length.push_back(static_cast<std::uint8_t>(left));
    std::ranges::reverse(length);
    out.push_back(static_cast<std::uint8_t>(0x80U | length.size()));
    base::Append(length, out);
  }
  base::Append(content, out);
  return out;
}

Bytes Joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) base::Append(part, all);
  return all;
}

// 4.1: concatenated in binary ascending order.
Sha256Digest ParentOf(const Sha256Digest& a, const Sha256Digest& b) {
  Bytes both;
  base::Append(std::min(a, b).span(), both);
  base::Append(std::max(a, b).span(), both);
  return base::Sha256(both);
}

}  // namespace

EvidenceTree::EvidenceTree(std::vector<Sha256Digest> leaves) {
  levels_.push_back(std::move(leaves));
  while (levels_.back().size() > 1) {
    const std::vector<Sha256Digest>& below = levels_.back();
    std::vector<Sha256Digest> level;
    for (std::size_t i = 0; i + 1 < below.size(); i += 2)
      level.push_back(ParentOf(below[i], below[i + 1]));
    // One without a partner goes up as it is.
    if (below.size() % 2 == 1) level.push_back(below.back());
    levels_.push_back(std::move(level));
  }
}

Bytes EvidenceTree::RecordFor(std::size_t leaf, ByteSpan token) const {
  // The first list holds the document's digest; to the others the verifier adds what it computed.
  std::vector<std::vector<Sha256Digest>> lists{{levels_.front()[leaf]}};
  std::size_t at = leaf;
  for (std::size_t level = 0; level + 1 < levels_.size(); ++level, at /= 2) {
    const std::size_t partner = at ^ 1U;
    if (partner >= levels_[level].size()) continue;
    const bool joins_first = lists.size() == 1 && lists.front().size() == 1;
    if (joins_first)
      lists.front().push_back(levels_[level][partner]);
    else
      lists.push_back({levels_[level][partner]});
  }
  Bytes tree;
  for (const auto& list : lists) {
    Bytes hashes;
    for (const Sha256Digest& hash : list) base::Append(Wrap(kOctetString, hash.span()), hashes);
    base::Append(Wrap(kSequence, hashes), tree);
  }
  Bytes stamp = Wrap(kDigestAlgorithm, kSha256);
  // 4.2: a document alone needs no tree.
  if (levels_.size() > 1) base::Append(Wrap(kReducedHashtree, tree), stamp);
  base::Append(token, stamp);
  const Bytes chain = Wrap(kSequence, Wrap(kSequence, stamp));
  return Wrap(kSequence,
              Joined({Wrap(kInteger, Bytes{1}), Wrap(kSequence, Wrap(kSequence, kSha256)),
                      Wrap(kSequence, chain)}));
}

}  // namespace signing
