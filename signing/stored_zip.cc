#include "signing/stored_zip.h"

#include <algorithm>
#include <array>

#include "signing/zip_structure.h"

namespace signing {
namespace {

using base::Bytes;
using base::ByteSpan;
using base::Error;
using base::ErrorCode;

constexpr std::uint64_t kLocalSize = 30;
constexpr std::uint64_t kCentralSize = 46;
constexpr std::uint64_t kEndSize = 22;
constexpr std::uint64_t kVersion = 10;     // APPNOTE 4.4.3: 1.0.
constexpr std::uint64_t kUtf8 = 0x0800;    // APPNOTE 4.4.4, bit 11.
constexpr std::uint64_t kFirstDay = 0x21;  // 1980-01-01 in MS-DOS.

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value & 1U) != 0 ? 0xEDB88320U ^ (value >> 1U) : value >> 1U;
    table.at(i) = value;
  }
  return table;
}();

std::uint32_t Crc32(ByteSpan bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::uint8_t byte : bytes) crc = kCrcTable[(crc ^ byte) & 0xFFU] ^ (crc >> 8U);
  return ~crc;
}

void Put(std::uint64_t number, std::size_t size, Bytes& out) {
  for (std::size_t i = 0; i < size; ++i)
    out.push_back(static_cast<std::uint8_t>(number >> (8U * i)));
}

struct Placed {
  std::uint32_t crc = 0;
  std::uint64_t offset = 0;
};

// What both headers of a member share, from the version needed on (APPNOTE 4.3.7, 4.3.12).
void PutShared(const StoredMember& member, std::uint32_t crc, Bytes& out) {
  Put(kVersion, 2, out);
  Put(kUtf8, 2, out);
  Put(0, 2, out);  // Stored.
  Put(0, 2, out);  // Midnight.
  Put(kFirstDay, 2, out);
  Put(crc, 4, out);
  Put(member.bytes.size(), 4, out);
  Put(member.bytes.size(), 4, out);
  Put(member.name.size(), 2, out);
  Put(0, 2, out);  // No extra field.
}

Bytes LocalHeader(const StoredMember& member, const Placed& placed) {
  Bytes out;
  Put(0x04034B50, 4, out);
  PutShared(member, placed.crc, out);
  base::Append(base::AsBytes(member.name), out);
  return out;
}

void PutCentralHeader(const StoredMember& member, const Placed& placed, Bytes& out) {
  Put(0x02014B50, 4, out);
  Put(kVersion, 2, out);
  PutShared(member, placed.crc, out);
  Put(0, 2, out);  // No comment,
  Put(0, 2, out);  // one disk,
  Put(0, 2, out);  // and no attributes.
  Put(0, 4, out);
  Put(placed.offset, 4, out);
  base::Append(base::AsBytes(member.name), out);
}

std::uint64_t SizeOf(const std::vector<StoredMember>& members) {
  std::uint64_t size = kEndSize;
  for (const StoredMember& member : members)
    size += kLocalSize + kCentralSize + 2 * member.name.size() + member.bytes.size();
  return size;
}

Error Malformed(std::string what) {
  return {ErrorCode::kInvalidInput, "bundle.malformed", std::move(what)};
}

}  // namespace

base::Status WriteStoredZip(std::vector<StoredMember> members,
                            const std::function<void(base::ByteSpan)>& take) {
  if (members.size() > kMaxZipEntries || SizeOf(members) > kMaxStoredZip)
    return Error{ErrorCode::kInvalidInput, "bundle.too-large",
                 std::to_string(members.size()) + " members"};
  std::ranges::sort(members, {}, &StoredMember::name);
  Bytes directory;
  std::uint64_t offset = 0;
  for (const StoredMember& member : members) {
    const Placed placed{Crc32(member.bytes), offset};
    const Bytes header = LocalHeader(member, placed);
    take(header);
    take(member.bytes);
    PutCentralHeader(member, placed, directory);
    offset += header.size() + member.bytes.size();
  }
  Bytes end;
  Put(0x06054B50, 4, end);
  Put(0, 4, end);
  Put(members.size(), 2, end);
  Put(members.size(), 2, end);
  Put(directory.size(), 4, end);
  Put(offset, 4, end);
  Put(0, 2, end);
  take(directory);
  take(end);
  return base::Ok();
}

base::Result<std::vector<StoredMember>> ReadStoredZip(ByteSpan archive) {
  ASSIGN_OR_RETURN(const std::vector<ZipEntry> entries, ReadZipStructure(archive));
  std::vector<StoredMember> members;
  for (const ZipEntry& entry : entries) {
    if (entry.method != 0 || entry.size != entry.compressed_size)
      return Malformed(entry.name + " is compressed");
    const std::uint64_t start = entry.offset + kLocalSize + entry.name.size();
    if (start > archive.size() || entry.size > archive.size() - start)
      return Malformed(entry.name + " does not lie where it should");
    members.push_back({entry.name, archive.subspan(start, entry.size)});
  }
  std::size_t at = 0;
  bool same = true;
  RETURN_IF_ERROR(WriteStoredZip(members, [&](ByteSpan piece) {
    same = same && piece.size() <= archive.size() - at &&
           std::ranges::equal(piece, archive.subspan(at, piece.size()));
    if (same) at += piece.size();
  }));
  if (!same || at != archive.size()) return Malformed("not the archive that its members have");
  return members;
}

}  // namespace signing
