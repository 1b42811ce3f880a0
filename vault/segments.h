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
#include "base/result.h"
#include "base/secret.h"
#include "vault/record.h"

namespace vault {

struct Written {
  SegmentRef where;
  base::Sha256Digest sha256;  // Of the ciphertext.
};

// Thread-safe.
class Segments {
 public:
  // kUnavailable "vault.locked" when somebody has them open, "disk.*" otherwise.
  static base::Result<std::unique_ptr<Segments>> Open(const std::filesystem::path& data);
  virtual ~Segments() = default;

  // When this returns ok, the ciphertext is on stable storage (fdatasync). A document that
  // no ledger entry came to name is garbage and harmless.
  // `agency` is [a-z0-9-]{1,64}; `key` was made for this one document.
  //
  // Errors:
  //   kUnavailable "disk.full"          nothing is kept
  //   kUnavailable "disk.unwritable"    also when the sync failed; a retry uses a new file
  //   kInvalidInput "segment.bad-agency", "segment.bad-key" (not 32 bytes)
  virtual base::Result<Written> Append(std::string_view agency, base::Time intake,
                                       const base::Secret& key, base::ByteSpan document) = 0;

  // kCorrupted "segment.damaged" when one bit of the stored bytes differs, also in the
  // order or number of chunks.
  virtual base::Result<base::Bytes> Read(const SegmentRef& where,
                                         const base::Sha256Digest& ciphertext_sha256,
                                         const base::Secret& key) const = 0;

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
