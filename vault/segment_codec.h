// The bytes of one document in a segment: a header, then chunks of 64 KiB sealed with the
// document's own key (docs/formats/segment.md).
//
// The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015): each chunk's nonce
// holds its number and whether it is the last, so chunks cannot be dropped, added, swapped
// or cut off without one tag failing.
#pragma once

#include <cstdint>
#include <functional>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "base/secret.h"

namespace vault {

inline constexpr std::size_t kChunkSize = std::size_t{64} << 10U;

// How many bytes a document of that size takes in a segment, header included.
std::uint64_t StoredSize(std::uint64_t document_size);

// Takes pieces in order. An error ends the sealing and is passed on.
using PieceWriter = std::function<base::Status(base::ByteSpan piece)>;

// Seals the document and hands its bytes on in pieces of about a megabyte. Returns the
// SHA-256 of all of them. REQUIRES: a key that seals this one document; 32 bytes.
base::Result<base::Sha256Digest> SealDocument(const base::Secret& key, base::ByteSpan document,
                                              const PieceWriter& write);

// Fills the span with the next bytes.
using PieceReader = std::function<base::Status(std::span<std::uint8_t> piece)>;

// The other way: `stored_size` and `sha256` are what the ledger says of it.
// kCorrupted "segment.damaged" when one bit differs.
base::Result<base::Bytes> OpenDocument(const base::Secret& key, std::uint64_t stored_size,
                                       const base::Sha256Digest& sha256, const PieceReader& read);

}  // namespace vault
