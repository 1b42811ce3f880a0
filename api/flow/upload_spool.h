// UploadSpool: the encrypted file in which a document arrives, before it is whole.
//
// Chunks of 64 KiB under AES-256-GCM, each with a random nonce (docs/formats/kept-files.md). Not
// the chunks of a segment: those have their nonces by their numbers, and after a crash a caller may
// send other bytes for a number that was used.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/bytes.h"
#include "base/piece_sink.h"
#include "base/result.h"
#include "base/secret.h"

namespace api {

inline constexpr std::uint64_t kSpoolChunk = std::uint64_t{64} << 10U;

// Not thread-safe. What it says is kept is on stable storage.
class UploadSpool {
 public:
  // Of one piece no more than this is taken: so much at the end of a file is looked at again when
  // it is opened.
  static constexpr std::uint64_t kMostInPiece = std::uint64_t{64} << 20U;

  // `record_key` is that of the record which the document will have; `owner` are 16 bytes that name
  // the upload; `size` is that of the whole document.
  // An empty file; its name is durable once the folder is synced.
  // kUnavailable "disk.full", "disk.unwritable".
  static base::Result<UploadSpool> Create(std::filesystem::path path,
                                          const base::Secret& record_key, base::ByteSpan owner,
                                          std::uint64_t size);
  // One that a process left. What a crash left half at its end is cut off.
  // kNotFound "file.missing"; "disk.*".
  static base::Result<UploadSpool> Open(std::filesystem::path path, const base::Secret& record_key,
                                        base::ByteSpan owner, std::uint64_t size);

  // Bytes of the document, from its start: a multiple of 64 KiB, or all of it.
  std::uint64_t kept() const { return kept_; }
  std::uint64_t size() const { return size_; }

  // Goes on at kept(). Takes whole chunks and the end of the document; what is over is not kept.
  // After an error nothing of the piece is. "disk.*"; kNotFound "file.missing".
  // REQUIRES: no more than is missing.
  base::Status Append(base::ByteSpan piece);

  // All that is kept, in pieces of 64 KiB. kCorrupted "aead.mismatch" when a bit differs.
  base::Status Read(const base::PieceSink& sink) const;

 private:
  UploadSpool(std::filesystem::path path, const base::Secret& record_key, base::ByteSpan owner,
              std::uint64_t size);

  base::Bytes Associated(std::uint64_t chunk) const;
  std::uint64_t PlainSize(std::uint64_t chunk) const;
  void Seal(std::uint64_t chunk, base::ByteSpan plain, base::Bytes& out) const;
  base::Result<base::Bytes> ReadChunk(int fd, std::uint64_t chunk) const;
  base::Status WriteChunks(int fd, base::ByteSpan piece) const;
  std::uint64_t Whole(std::uint64_t bytes) const;
  base::Status CutOffWhatIsNotWhole();

  std::filesystem::path path_;
  base::Secret key_;
  base::Bytes owner_;
  std::uint64_t size_;
  std::uint64_t kept_ = 0;
};

}  // namespace api
