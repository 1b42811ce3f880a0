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
#include "base/piece_sink.h"
#include "base/result.h"
#include "base/secret.h"

namespace vault {

inline constexpr std::size_t kChunkSize = std::size_t{64} << 10U;

// How many bytes a document of that size takes in a segment, header included.
std::uint64_t StoredSize(std::uint64_t document_size);

// Seals a document that comes in pieces of any size, and hands its stored bytes on in pieces of
// about a megabyte. Holds no more than that. Not thread-safe; borrows the key.
// REQUIRES: a key that seals this one document once; 32 bytes.
class DocumentSealer {
 public:
  DocumentSealer(const base::Secret& key, std::uint64_t document_size);

  // kInvalidInput "segment.bad-size" when there is more than `document_size`.
  base::Status Put(base::ByteSpan piece, const base::PieceSink& write);

  // SHA-256 of all stored bytes. "segment.bad-size" when there was less.
  base::Result<base::Sha256Digest> Finish(const base::PieceSink& write);

 private:
  bool NextIsLast() const;
  void SealNext(base::ByteSpan chunk);
  base::Status HandOn(const base::PieceSink& write);

  const base::Secret& key_;
  const base::Bytes header_;
  const std::uint64_t chunks_;
  std::uint64_t missing_;   // Bytes that are still to come.
  std::uint64_t next_ = 0;  // Number of the next chunk.
  base::Bytes plain_;       // Of a chunk that is not whole yet.
  base::Bytes sealed_;      // Not handed on yet.
  base::Sha256Stream hash_;
};

// The stored bytes of one document.
struct StoredDocument {
  std::uint64_t stored_size = 0;  // As the ledger says.
  // Fills the span with the bytes from `at` on, counted from the document's header.
  std::function<base::Status(std::uint64_t at, std::span<std::uint8_t> piece)> read;
};

// The whole document, chunk by chunk. `sha256` is what the ledger says of the stored bytes; the
// last chunk is handed on only when it fits. kCorrupted "segment.damaged" when one bit differs:
// then what was handed on before is good, and it is not all.
base::Status OpenDocument(const base::Secret& key, const StoredDocument& stored,
                          const base::Sha256Digest& sha256, const base::PieceSink& sink);

// Bytes `offset` to `offset + length` of the document; only the chunks that hold them are read.
// "segment.damaged" likewise; kInvalidInput "segment.bad-range" beyond the document's end.
base::Status OpenRange(const base::Secret& key, const StoredDocument& stored, std::uint64_t offset,
                       std::uint64_t length, const base::PieceSink& sink);

}  // namespace vault
