// The structure of a ZIP archive (APPNOTE 6.3), read strictly before any library sees it.
//
// Two readers of one archive may see different files: one follows the central directory,
// another the local headers, a third what lies between. An archive passes only if there is
// nothing to disagree about: both headers say the same, the entries fill the archive without
// gap or overlap from its first byte, and the end record is its last.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace signing {

struct ZipEntry {
  std::string name;     // Safe: relative, UTF-8, no "..", no control characters.
  std::string comment;  // Unsigned text, of whatever encoding.
  std::uint16_t method = 0;
  std::uint64_t compressed_size = 0;
  std::uint64_t size = 0;  // Declared; the reader holds the content to it.
  std::uint64_t offset = 0;
  bool has_descriptor = false;
  bool has_extra = false;  // In the local header.
  bool is_folder() const { return name.ends_with('/'); }
};

// A member larger than 1 MiB must not be more than 200 times as large as what it is inflated from.
constexpr bool IsBomb(std::uint64_t size, std::uint64_t compressed) {
  constexpr std::uint64_t kFreeBytes = std::uint64_t{1} << 20U;
  constexpr std::uint64_t kRatio = 200;
  return size > kFreeBytes && size / kRatio > compressed;
}

inline constexpr std::size_t kMaxZipEntries = 10'000;

// Where the central directory lies.
struct ZipDirectory {
  std::uint64_t entries = 0;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;
  std::uint64_t end = 0;  // First byte behind it by the end records' own position.
};

// Of an archive that ReadZipStructure() takes. Errors: some of its.
base::Result<ZipDirectory> ReadZipDirectory(base::ByteSpan archive);

// The entries in the order of the central directory.
//
// Errors, all kInvalidInput: "zip.malformed", "zip.headers-differ", "zip.hidden-bytes",
// "zip.unsupported", "zip.duplicate-name", "zip.unsafe-name", "zip.too-many-entries".
base::Result<std::vector<ZipEntry>> ReadZipStructure(base::ByteSpan archive);

}  // namespace signing
