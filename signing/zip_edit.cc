#include "signing/zip_edit.h"

#include <zlib.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "signing/dos_time.h"
#include "signing/little_endian.h"
#include "signing/zip_structure.h"

namespace signing {
namespace {

using base::Bytes;
using base::ByteSpan;

constexpr std::uint64_t kMax32 = 0xFFFFFFFF;
constexpr std::uint32_t kEndMark = 0x06054B50;
constexpr std::size_t kComment = 20;       // Of its length in the end record (APPNOTE 4.3.16).
constexpr std::size_t kRecordOffset = 42;  // Of the offset in a central record (APPNOTE 4.3.12).

base::Error TooLarge() {
  return {base::ErrorCode::kInvalidInput, "zip.unsupported", "the archive needs ZIP64"};
}

void Put(std::uint64_t number, std::size_t size, Bytes& out) {
  for (std::size_t i = 0; i < size; ++i)
    out.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
}

// A member and its record in the central directory, as bytes of the archive.
struct Member {
  std::string name;
  std::uint64_t offset = 0;
  std::uint64_t end = 0;  // Where the next one begins, or the central directory.
  ByteSpan record;
};

// In the order of the central directory; the structure has been checked.
std::vector<Member> MembersOf(ByteSpan archive, const ZipDirectory& directory,
                              const std::vector<ZipEntry>& entries) {
  constexpr std::size_t kFixed = 46;
  std::vector<Member> members;
  ByteSpan left = archive.subspan(directory.offset, directory.size);
  for (const ZipEntry& entry : entries) {
    LittleEndianReader in(left.subspan(28));
    const std::size_t size = kFixed + in.Uint16() + in.Uint16() + in.Uint16();
    std::uint64_t end = directory.offset;
    for (const ZipEntry& other : entries)
      if (other.offset > entry.offset) end = std::min(end, other.offset);
    members.push_back({entry.name, entry.offset, end, left.first(size)});
    left = left.subspan(size);
  }
  return members;
}

// Stored: a signature is mostly base64 of what does not shrink. Bit 11: the name is UTF-8.
void PutHead(const std::string& name, ByteSpan content, DosTime when, Bytes& out) {
  constexpr std::uint16_t kVersion = 20;
  constexpr std::uint16_t kUtf8 = 0x0800;
  const auto crc = ::crc32(0, content.data(), static_cast<uInt>(content.size()));
  Put(kVersion, 2, out);
  Put(kUtf8, 2, out);
  Put(0, 2, out);
  Put(when.time, 2, out);
  Put(when.date, 2, out);
  Put(crc, 4, out);
  Put(content.size(), 4, out);
  Put(content.size(), 4, out);
  Put(name.size(), 2, out);
  Put(0, 2, out);  // No extra field.
}

void PutRecord(const Member& member, std::uint64_t shift, Bytes& out) {
  Bytes record(member.record.begin(), member.record.end());
  if (shift != 0) {
    Bytes offset;
    Put(member.offset - shift, 4, offset);
    std::ranges::copy(offset, record.begin() + kRecordOffset);
  }
  base::Append(record, out);
}

}  // namespace

base::Result<Bytes> PutMember(ByteSpan archive, const std::string& name, ByteSpan content,
                              base::Time modified) {
  ASSIGN_OR_RETURN(const std::vector<ZipEntry> entries, ReadZipStructure(archive));
  ASSIGN_OR_RETURN(const ZipDirectory directory, ReadZipDirectory(archive));
  if (archive.size() + content.size() + name.size() + 4096 >= kMax32) return TooLarge();
  const ByteSpan end_record = archive.subspan(directory.end);
  if (LittleEndianReader(end_record).Uint32() != kEndMark)
    return TooLarge();  // ZIP64 stands there.
  const std::vector<Member> members = MembersOf(archive, directory, entries);
  const auto old = std::ranges::find(members, name, &Member::name);
  const std::uint64_t cut = old == members.end() ? directory.offset : old->offset;
  const std::uint64_t cut_end = old == members.end() ? directory.offset : old->end;

  Bytes out;
  out.reserve(archive.size() + content.size() + 1024);
  base::Append(archive.first(cut), out);
  base::Append(archive.subspan(cut_end, directory.offset - cut_end), out);
  const std::uint64_t at = out.size();
  Put(0x04034B50, 4, out);
  PutHead(name, content, ToDosTime(modified), out);
  base::Append(base::AsBytes(name), out);
  base::Append(content, out);

  const std::uint64_t directory_at = out.size();
  std::size_t count = 1;
  for (const Member& member : members) {
    if (member.name == name) continue;
    PutRecord(member, member.offset > cut ? cut_end - cut : 0, out);
    ++count;
  }
  Put(0x02014B50, 4, out);
  Put(0x0314, 2, out);  // Made on Unix, version 2.0.
  PutHead(name, content, ToDosTime(modified), out);
  Put(0, 2 + 2 + 2, out);                      // No comment, first disk, binary.
  Put(std::uint64_t{0100644} << 16U, 4, out);  // A regular file.
  Put(at, 4, out);
  base::Append(base::AsBytes(name), out);

  const std::uint64_t directory_size = out.size() - directory_at;
  Put(kEndMark, 4, out);
  Put(0, 4, out);
  Put(count, 2, out);
  Put(count, 2, out);
  Put(directory_size, 4, out);
  Put(directory_at, 4, out);
  base::Append(end_record.subspan(kComment), out);  // The archive's comment, with its length.
  return out;
}

}  // namespace signing
