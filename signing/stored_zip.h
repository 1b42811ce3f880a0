// Stored ZIP: the one archive that given members have.
//
// Nothing is compressed, dated or left to choice: the same members give the same bytes anywhere,
// with any zlib or without. Whoever reads one compares it with what would have been written, so
// that an archive has no room for anything beside its members (APPNOTE 6.3, without ZIP64).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace signing {

struct StoredMember {
  std::string name;
  base::ByteSpan bytes;  // Borrowed.
};

inline constexpr std::uint64_t kMaxStoredZip = 0xFFFFFFFE;

// Hands over the archive in pieces, members in the order of their names' bytes.
//
// REQUIRES: names are safe and differ.
// kInvalidInput "bundle.too-large" beyond kMaxStoredZip or kMaxZipEntries; nothing was handed over.
base::Status WriteStoredZip(std::vector<StoredMember> members,
                            const std::function<void(base::ByteSpan)>& take);

// The members of exactly what WriteStoredZip() writes; they borrow from `archive`.
// kInvalidInput: those of ReadZipStructure(), and "bundle.malformed" for any other archive.
base::Result<std::vector<StoredMember>> ReadStoredZip(base::ByteSpan archive);

}  // namespace signing
