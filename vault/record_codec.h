// The bytes of a Record in the ledger: the leaf data of the tree. The format is
// docs/formats/record.md; change both together, and never reuse a version number.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "vault/record.h"

namespace vault {

inline constexpr std::size_t kMaxAgencySize = 64;
inline constexpr std::size_t kMaxSealedSize = 1200;
inline constexpr std::size_t kMaxInlineSize = 1056;  // A document of 1,024 bytes, as in a segment.
inline constexpr std::size_t kMaxOldCheckpointSize = 1024;

// kInvalidInput "record.too-large" beyond the limits above; "record.malformed" when a field
// is set that the kind has no place for (record.h), because it would silently be lost.
base::Result<base::Bytes> EncodeRecord(const Record& record);

// Accepts exactly what EncodeRecord() produces; anything else is kCorrupted "record.damaged".
base::Result<Record> DecodeRecord(base::ByteSpan bytes);

}  // namespace vault
