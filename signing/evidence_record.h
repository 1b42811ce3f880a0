// EvidenceRecord: the structure of one RFC 4998 evidence record, decoded and not yet believed.
//
// DER only: parts of it are hashed as they stand. Limits keep what follows cheap.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "signing/digest_algorithm.h"

namespace signing {

// All spans borrow from the bytes that were decoded.
struct ArchiveTimestamp {
  bool algorithm_stated = false;               // digestAlgorithm [0] is present...
  const DigestAlgorithm* algorithm = nullptr;  // ...and this; nullptr: not on our list.
  // reducedHashtree: from the list that holds the data objects to the one below the root.
  // Empty when absent; no list in it is.
  std::vector<std::vector<base::ByteSpan>> tree;
  base::ByteSpan token;  // The whole ContentInfo.
};

struct ArchiveTimestampChain {
  base::ByteSpan encoded;                    // With tag and length, as the next chain hashes it.
  std::vector<ArchiveTimestamp> timestamps;  // One at least, the oldest first.
};

struct EvidenceRecord {
  std::vector<ArchiveTimestampChain> chains;  // One at least, the oldest first.
};

// RFC 4998, 3.1 and 4.1. cryptoInfos, encryptionInfo and attributes are allowed and not read.
//
// Errors, all kInvalidInput:
//   "evidence-record.malformed"  no EvidenceRecord version 1 in DER, to the last byte
//   "evidence-record.too-large"  over one of the limits below
base::Result<EvidenceRecord> DecodeEvidenceRecord(base::ByteSpan der);

inline constexpr std::size_t kMaxEvidenceRecord = std::size_t{16} << 20U;
// Each chain hashes all chains before it: their number is a factor of the work.
inline constexpr std::size_t kMaxEvidenceChains = 64;
inline constexpr std::size_t kMaxArchiveTimestamps = 256;  // In all chains together.
inline constexpr std::size_t kMaxEvidenceTreeDepth = 64;   // Lists of one reducedHashtree.
inline constexpr std::size_t kMaxEvidenceHashes = 100'000;

// The DER of the ArchiveTimeStampSequence of the first `count` chains, which the chain after
// them hashes (RFC 4998, 5.2): header, to be followed by their encodings.
base::Bytes HeaderOfChains(const EvidenceRecord& record, std::size_t count);

}  // namespace signing
