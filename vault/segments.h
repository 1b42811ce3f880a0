// Segments: append-only files of encrypted document bytes, one series for each agency and
// intake month.
//
// A document is cut into chunks of 64 KiB, each sealed with the document's own key; the
// order of the chunks and the end are authenticated (docs/formats/segment.md).
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/piece_sink.h"
#include "base/result.h"
#include "base/secret.h"
#include "vault/record.h"

namespace vault {

struct Written {
  SegmentRef where;
  base::Sha256Digest sha256;     // Of the ciphertext.
  base::Bytes inline_content{};  // The ciphertext, when it goes into the record.
};

// A document of at most so many bytes goes into its record, and needs no segment.
inline constexpr std::size_t kMostInline = 1024;

// Seals it as in a segment, for its record. Errors of the key as Segments::Begin();
// kInvalidInput "segment.bad-size" beyond kMostInline.
base::Result<Written> SealInline(const base::Secret& key, base::ByteSpan document);
// Bytes `offset` to `offset + length` of it. Errors as Segments::ReadInto() and ReadRange().
base::Status ReadInline(const Record& record, const base::Secret& key, std::uint64_t offset,
                        std::uint64_t length, const base::PieceSink& sink);

// One document on its way into a segment. Dropped before Finish() said ok, it leaves nothing that
// can be read. Not thread-safe; many of them at once do not wait for one another.
class DocumentWriter {
 public:
  virtual ~DocumentWriter() = default;

  // Of any size. After an error the writer is of no use any more.
  //   kUnavailable "disk.full", "disk.unwritable"
  //   kInvalidInput "segment.bad-size"   more bytes than were announced
  virtual base::Status Put(base::ByteSpan piece) = 0;

  // When this returns ok, the ciphertext is on stable storage (fdatasync). A document that
  // no ledger entry came to name is garbage and harmless. Once. Errors as Put(), and
  // "segment.bad-size" for fewer bytes; a sync that failed is "disk.unwritable", and a retry uses
  // a new file.
  virtual base::Result<Written> Finish() = 0;
};

// Thread-safe.
class Segments {
 public:
  // kUnavailable "vault.locked" when somebody has them open, "disk.*" otherwise.
  static base::Result<std::unique_ptr<Segments>> Open(const std::filesystem::path& data);
  virtual ~Segments() = default;

  // A writer for a document of `size` bytes, which holds about a megabyte of it at a time. It
  // borrows `key` and these segments.
  // `agency` is [a-z0-9-]{1,64}; `key` was made for this one document, and is given to one writer.
  //
  // Errors:
  //   kUnavailable "disk.full", "disk.unwritable"
  //   kInvalidInput "segment.bad-agency", "segment.bad-key" (not 32 bytes)
  virtual base::Result<std::unique_ptr<DocumentWriter>> Begin(std::string_view agency,
                                                              base::Time intake,
                                                              const base::Secret& key,
                                                              std::uint64_t size) = 0;
  // A document that is in memory. Errors as Begin() and its writer; then nothing is kept.
  base::Result<Written> Append(std::string_view agency, base::Time intake, const base::Secret& key,
                               base::ByteSpan document);

  // The whole document in pieces of at most 64 KiB. Every piece is authenticated before it is
  // handed on, and the last one only when the SHA-256 of all the ciphertext fits.
  // kCorrupted "segment.damaged" when one bit of the stored bytes differs, also in the
  // order or number of chunks; kInvalidInput "segment.bad-key".
  virtual base::Status ReadInto(const SegmentRef& where,
                                const base::Sha256Digest& ciphertext_sha256,
                                const base::Secret& key, const base::PieceSink& sink) const = 0;
  // The same, in memory.
  base::Result<base::Bytes> Read(const SegmentRef& where,
                                 const base::Sha256Digest& ciphertext_sha256,
                                 const base::Secret& key) const;

  // Bytes `offset` to `offset + length` of the document. Only the chunks that hold them are read;
  // each proves that it is the document's own, which number it has and whether it is the last.
  // Besides: kInvalidInput "segment.bad-range" beyond the document's end.
  virtual base::Status ReadRange(const SegmentRef& where, const base::Secret& key,
                                 std::uint64_t offset, std::uint64_t length,
                                 const base::PieceSink& sink) const = 0;

  // Hands on a document's stored bytes as they are, in pieces of at most a megabyte. What they
  // hash to is known behind the last: until this returns ok they prove nothing.
  // Errors as Read(), and those of `take`.
  using PieceTaker = std::function<base::Status(base::ByteSpan piece)>;
  virtual base::Status Copy(const SegmentRef& where, const base::Sha256Digest& ciphertext_sha256,
                            const PieceTaker& take) const = 0;

  // Whether the stored bytes have that SHA-256, without a key and in little memory.
  // kCorrupted "segment.damaged".
  virtual base::Status Check(const SegmentRef& where,
                             const base::Sha256Digest& ciphertext_sha256) const = 0;
};

// The files of a copy of DATA/segments by their numbers; nothing is opened or locked. Empty when
// there is no such directory.
std::map<std::uint64_t, std::filesystem::path> SegmentFilesOf(const std::filesystem::path& data);

// Segments::Check() of one file.
base::Status CheckCiphertext(const std::filesystem::path& file, const SegmentRef& where,
                             const base::Sha256Digest& ciphertext_sha256);

}  // namespace vault
