// EvidenceTree: one time-stamp for many documents, and for each an evidence record of its own
// (RFC 4998) that needs none of the others.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/digest.h"

namespace signing {

// A hash tree (RFC 4998, 4.1) with two children a node, SHA-256. Immutable; thread-safe.
class EvidenceTree {
 public:
  static constexpr std::size_t kMostLeaves = 10'000;

  // The digests of the documents, 1 to kMostLeaves. One may come twice.
  explicit EvidenceTree(std::vector<base::Sha256Digest> leaves);

  // What the time-stamp has to be over.
  const base::Sha256Digest& root() const { return levels_.back().front(); }

  // DER of the EvidenceRecord of a leaf: version 1, one archive time-stamp with the reduced hash
  // tree (4.2). `token` is DER of a TimeStampToken over root(). REQUIRES: there is such a leaf.
  base::Bytes RecordFor(std::size_t leaf, base::ByteSpan token) const;

 private:
  std::vector<std::vector<base::Sha256Digest>> levels_;  // The leaves first, the root last.
};

}  // namespace signing
