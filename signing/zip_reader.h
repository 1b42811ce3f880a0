// ZipReader: the files of a ZIP archive whose structure leaves nothing to interpret.
//
// Content is inflated in pieces and never trusted to be as long as declared: the first byte
// too many stops it, and the limits count bytes that were really inflated.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "signing/zip_structure.h"

namespace signing {

class ZipReader {
 public:
  struct Limits {
    // Over all reads of this reader. A file beyond it belongs behind other doors.
    std::uint64_t total_bytes = std::uint64_t{16} << 30U;
    // A member larger than `free_bytes` must not be more than `ratio` times its compressed size.
    std::uint64_t free_bytes = std::uint64_t{1} << 20U;
    std::uint64_t ratio = 200;
  };

  // Borrows `archive` for the reader's life. Errors: those of ReadZipStructure(), and
  // kInvalidInput "zip.malformed" where libzip's own consistency checks refuse.
  static base::Result<ZipReader> Open(base::ByteSpan archive, const Limits& limits);
  static base::Result<ZipReader> Open(base::ByteSpan archive) { return Open(archive, Limits()); }

  ~ZipReader();
  ZipReader(ZipReader&&) noexcept;
  ZipReader& operator=(ZipReader&&) noexcept;
  ZipReader(const ZipReader&) = delete;
  ZipReader& operator=(const ZipReader&) = delete;

  const std::vector<ZipEntry>& entries() const { return entries_; }
  // nullptr when there is none.
  const ZipEntry* Find(std::string_view name) const;

  // Hands the content to `take` in pieces, in bounded memory.
  //
  // Errors, all kInvalidInput:
  //   "zip.content"      it does not inflate, or not to its declared size and CRC
  //   "zip.bomb"         a limit is passed
  base::Status Stream(const ZipEntry& entry, const std::function<void(base::ByteSpan)>& take);

  // True once Stream() or Read() has seen the member to its end.
  bool WasRead(const ZipEntry& entry) const;

  // The content in one piece. kInvalidInput "zip.member-too-large" beyond `max_size`.
  base::Result<base::Bytes> Read(const ZipEntry& entry, std::size_t max_size);

 private:
  struct Archive;
  ZipReader(base::ByteSpan bytes, std::vector<ZipEntry> entries, std::unique_ptr<Archive> archive,
            const Limits& limits);
  // From its header on, as much as its content is long.
  base::ByteSpan BytesOf(const ZipEntry& entry) const;

  base::ByteSpan bytes_;
  std::vector<ZipEntry> entries_;
  std::unique_ptr<Archive> archive_;
  Limits limits_;
  std::uint64_t inflated_ = 0;
  std::vector<bool> read_;                                   // By index.
  std::map<std::string, std::size_t, std::less<>> by_name_;  // Index in entries_.
};

}  // namespace signing
