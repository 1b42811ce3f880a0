#include "signing/zip_structure.h"

#include <algorithm>
#include <array>
#include <set>

#include "signing/little_endian.h"
#include "signing/member_name.h"

namespace signing {
namespace {

using base::ByteSpan;
using base::Error;
using base::ErrorCode;

constexpr std::uint32_t kLocalMark = 0x04034B50;
constexpr std::uint32_t kCentralMark = 0x02014B50;
constexpr std::uint32_t kDescriptorMark = 0x08074B50;
constexpr std::uint32_t kEndMark = 0x06054B50;
constexpr std::uint32_t kEnd64Mark = 0x06064B50;
constexpr std::uint32_t kLocator64Mark = 0x07064B50;
constexpr std::size_t kEndSize = 22;
constexpr std::size_t kLocator64Size = 20;
constexpr std::uint16_t kStored = 0;
constexpr std::uint16_t kDeflated = 8;
constexpr std::uint16_t kDescriptorFlag = 0x0008;
// Encryption, patched data, strong encryption, masked headers.
constexpr std::uint16_t kForbiddenFlags = 0x0001 | 0x0020 | 0x0040 | 0x2000;
constexpr std::uint32_t kMax32 = 0xFFFFFFFF;

Error Malformed(std::string what) {
  return {ErrorCode::kInvalidInput, "zip.malformed", std::move(what)};
}
Error HeadersDiffer(const std::string& name, const char* what) {
  return {ErrorCode::kInvalidInput, "zip.headers-differ", name + ": " + what};
}
Error HiddenBytes(std::string where) {
  return {ErrorCode::kInvalidInput, "zip.hidden-bytes", std::move(where)};
}
Error Unsupported(std::string what) {
  return {ErrorCode::kInvalidInput, "zip.unsupported", std::move(what)};
}

// What both headers of an entry tell.
struct Header {
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t crc = 0;
  std::uint64_t compressed_size = 0;
  std::uint64_t size = 0;
  ByteSpan name;
  ByteSpan extra;
};

struct CentralRecord {
  Header header;
  ZipEntry entry;
};

bool IsEndRecordAt(ByteSpan archive, std::size_t at) {
  LittleEndianReader in(archive.subspan(at));
  if (in.Uint32() != kEndMark) return false;
  in.Take(16);
  const std::uint16_t comment = in.Uint16();
  return in.ok() && in.left() == comment;
}

// The end record must close the archive, and its comment must not hold another mark:
// readers search from the end, and which they find first decides what they see.
base::Result<std::size_t> FindEndRecord(ByteSpan archive) {
  constexpr std::size_t kMaxComment = 0xFFFF;
  if (archive.size() < kEndSize) return Malformed("too short for an archive");
  const std::size_t last = archive.size() - kEndSize;
  const std::size_t lowest = last > kMaxComment ? last - kMaxComment : 0;
  std::size_t marks = 0;
  std::size_t found = 0;
  for (std::size_t at = last + 1; at-- > lowest;) {
    LittleEndianReader in(archive.subspan(at));
    if (in.Uint32() != kEndMark) continue;
    ++marks;
    if (!IsEndRecordAt(archive, at)) continue;
    found = at;
    if (marks > 1) return HiddenBytes("a second end record in the comment");
    return found;
  }
  if (marks > 0) return HiddenBytes("bytes behind the end record");
  return Malformed("no end record");
}

// APPNOTE 4.3.14, 4.3.15: the ZIP64 end record and its locator stand right before the end record.
base::Result<ZipDirectory> ReadEnd64(ByteSpan archive, std::size_t locator_at) {
  LittleEndianReader locator(archive.subspan(locator_at));
  locator.Uint32();
  const std::uint32_t disk = locator.Uint32();
  const std::uint64_t at = locator.Uint64();
  const std::uint32_t disks = locator.Uint32();
  if (disk != 0 || disks > 1) return Unsupported("several disks");
  if (at > locator_at) return Malformed("ZIP64 locator points behind itself");
  LittleEndianReader in(archive.subspan(at, locator_at - at));
  if (in.Uint32() != kEnd64Mark) return Malformed("no ZIP64 end record");
  const std::uint64_t size = in.Uint64();
  if (size != in.left()) return HiddenBytes("between the ZIP64 end record and its locator");
  in.Uint32();  // Versions made by and needed.
  if (in.Uint32() != 0 || in.Uint32() != 0) return Unsupported("several disks");
  const std::uint64_t here = in.Uint64();
  ZipDirectory directory;
  directory.entries = in.Uint64();
  directory.size = in.Uint64();
  directory.offset = in.Uint64();
  directory.end = at;
  if (!in.ok()) return Malformed("ZIP64 end record too short");
  if (here != directory.entries) return Unsupported("several disks");
  return directory;
}

base::Result<ZipDirectory> ReadEnd(ByteSpan archive) {
  ASSIGN_OR_RETURN(const std::size_t end, FindEndRecord(archive));
  LittleEndianReader in(archive.subspan(end));
  in.Uint32();
  if (in.Uint16() != 0 || in.Uint16() != 0) return Unsupported("several disks");
  const std::uint16_t here = in.Uint16();
  ZipDirectory directory;
  directory.entries = in.Uint16();
  directory.size = in.Uint32();
  directory.offset = in.Uint32();
  directory.end = end;
  if (here != directory.entries) return Unsupported("several disks");
  if (end < kLocator64Size) return directory;
  LittleEndianReader locator(archive.subspan(end - kLocator64Size));
  if (locator.Uint32() != kLocator64Mark) return directory;
  ASSIGN_OR_RETURN(const ZipDirectory wide, ReadEnd64(archive, end - kLocator64Size));
  const bool agree = (directory.entries == 0xFFFF || directory.entries == wide.entries) &&
                     (directory.size == kMax32 || directory.size == wide.size) &&
                     (directory.offset == kMax32 || directory.offset == wide.offset);
  if (!agree) return Malformed("the two end records differ");
  return wide;
}

// APPNOTE 4.5.3: in the ZIP64 extra field stand, in this order, those values whose own field
// is all ones. A Unicode Path field (0x7075) must not give another name.
base::Status ReadExtra(Header& header, std::uint64_t* offset) {
  LittleEndianReader extra(header.extra);
  bool wide = false;
  while (extra.left() >= 4) {
    const std::uint16_t id = extra.Uint16();
    const ByteSpan field = extra.Take(extra.Uint16());
    if (!extra.ok()) return Malformed("extra field too long");
    if (id == 0x7075 && (field.size() < 5 || !std::ranges::equal(field.subspan(5), header.name)))
      return HeadersDiffer(base::ToString(header.name), "Unicode Path field");
    if (id != 0x0001) continue;
    if (wide) return Malformed("two ZIP64 fields");
    wide = true;
    LittleEndianReader in(field);
    if (header.size == kMax32) header.size = in.Uint64();
    if (header.compressed_size == kMax32) header.compressed_size = in.Uint64();
    if (offset != nullptr && *offset == kMax32) *offset = in.Uint64();
    if (!in.ok()) return Malformed("ZIP64 field too short");
  }
  return base::Ok();
}

bool IsLink(std::uint16_t made_by, std::uint32_t attributes) {
  constexpr std::uint16_t kUnix = 3;
  const std::uint32_t type = attributes >> 16U & 0xF000U;
  return made_by >> 8U == kUnix && type != 0 && type != 0x8000 && type != 0x4000;
}

base::Status CheckName(const std::string& name) {
  if (IsSafeMemberName(name)) return base::Ok();
  return Error{ErrorCode::kInvalidInput, "zip.unsafe-name", PrintableText(name)};
}

base::Result<CentralRecord> ReadCentral(LittleEndianReader& in) {
  if (in.Uint32() != kCentralMark) return Malformed("no central header where one is counted");
  const std::uint16_t made_by = in.Uint16();
  in.Uint16();
  CentralRecord record;
  Header& header = record.header;
  header.flags = in.Uint16();
  header.method = in.Uint16();
  in.Uint32();  // Time and date: not signed, not shown.
  header.crc = in.Uint32();
  header.compressed_size = in.Uint32();
  header.size = in.Uint32();
  const std::uint16_t name_size = in.Uint16();
  const std::uint16_t extra_size = in.Uint16();
  const std::uint16_t comment_size = in.Uint16();
  const std::uint16_t disk = in.Uint16();
  in.Uint16();
  const std::uint32_t attributes = in.Uint32();
  record.entry.offset = in.Uint32();
  header.name = in.Take(name_size);
  header.extra = in.Take(extra_size);
  record.entry.comment = base::ToString(in.Take(comment_size));
  if (!in.ok()) return Malformed("central directory cut off");
  record.entry.name = base::ToString(header.name);
  RETURN_IF_ERROR(CheckName(record.entry.name));
  if (disk != 0) return Unsupported("several disks");
  if ((header.flags & kForbiddenFlags) != 0) return Unsupported("encryption or patches");
  if (header.method != kStored && header.method != kDeflated)
    return Unsupported("compression method " + std::to_string(header.method));
  if (IsLink(made_by, attributes)) return Unsupported("a link: " + record.entry.name);
  RETURN_IF_ERROR(ReadExtra(header, &record.entry.offset));
  record.entry.method = header.method;
  record.entry.compressed_size = header.compressed_size;
  record.entry.size = header.size;
  record.entry.has_descriptor = (header.flags & kDescriptorFlag) != 0;
  if (record.entry.is_folder() && record.entry.size != 0)
    return Unsupported("a folder with content");
  if (header.method == kStored && header.size != header.compressed_size)
    return Malformed("a stored member of two sizes");
  return record;
}

base::Result<std::vector<CentralRecord>> ReadDirectory(ByteSpan archive) {
  ASSIGN_OR_RETURN(const ZipDirectory directory, ReadEnd(archive));
  if (directory.entries > kMaxZipEntries)
    return Error{ErrorCode::kInvalidInput, "zip.too-many-entries",
                 std::to_string(directory.entries)};
  if (directory.offset > directory.end || directory.size > directory.end - directory.offset)
    return Malformed("the central directory lies outside the archive");
  if (directory.offset + directory.size != directory.end)
    return HiddenBytes("between the central directory and the end record");
  LittleEndianReader in(archive.subspan(directory.offset, directory.size));
  std::vector<CentralRecord> records;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    ASSIGN_OR_RETURN(CentralRecord record, ReadCentral(in));
    records.push_back(std::move(record));
  }
  if (in.left() != 0) return Malformed("more entries than the end record counts");
  return records;
}

// The descriptor behind the data (APPNOTE 4.3.9): with or without mark, 32 or 64 bits wide.
bool IsDescriptor(ByteSpan bytes, const Header& central) {
  constexpr std::array<std::size_t, 4> kSizes{12, 16, 20, 24};
  if (std::ranges::find(kSizes, bytes.size()) == kSizes.end()) return false;
  LittleEndianReader in(bytes);
  if (bytes.size() % 8 == 0 && in.Uint32() != kDescriptorMark) return false;
  if (in.Uint32() != central.crc) return false;
  const bool wide = bytes.size() >= 20;
  const std::uint64_t compressed = wide ? in.Uint64() : in.Uint32();
  const std::uint64_t size = wide ? in.Uint64() : in.Uint32();
  return compressed == central.compressed_size && size == central.size;
}

// Compares the local header at the entry's offset with the central one, and requires the
// entry to end exactly at `next`.
base::Status CheckLocal(ByteSpan archive, CentralRecord& record, std::uint64_t next) {
  const Header& central = record.header;
  const std::string& name = record.entry.name;
  if (record.entry.offset >= next) return Malformed("overlapping entries: " + name);
  const ByteSpan room = archive.subspan(record.entry.offset, next - record.entry.offset);
  LittleEndianReader in(room);
  if (in.Uint32() != kLocalMark) return HeadersDiffer(name, "no local header");
  in.Uint16();
  Header local;
  local.flags = in.Uint16();
  local.method = in.Uint16();
  in.Uint32();
  local.crc = in.Uint32();
  local.compressed_size = in.Uint32();
  local.size = in.Uint32();
  const std::uint16_t name_size = in.Uint16();
  const std::uint16_t extra_size = in.Uint16();
  local.name = in.Take(name_size);
  local.extra = in.Take(extra_size);
  if (!in.ok()) return Malformed("local header cut off: " + name);
  if (!std::ranges::equal(local.name, central.name)) return HeadersDiffer(name, "name");
  if (local.method != central.method) return HeadersDiffer(name, "method");
  const bool has_descriptor = (local.flags & kDescriptorFlag) != 0;
  if (has_descriptor != record.entry.has_descriptor || (local.flags & kForbiddenFlags) != 0)
    return HeadersDiffer(name, "flags");
  RETURN_IF_ERROR(ReadExtra(local, nullptr));
  const bool same = local.crc == central.crc && local.size == central.size &&
                    local.compressed_size == central.compressed_size;
  // APPNOTE 4.4.4, bit 3: "the fields crc-32, compressed size and uncompressed size are set
  // to zero in the local header"; writers that know them already may leave them in.
  const bool zero = local.crc == 0 && local.size == 0 && local.compressed_size == 0;
  if (!same && !(has_descriptor && zero)) return HeadersDiffer(name, "size or CRC");
  if (in.Take(central.compressed_size).size() != central.compressed_size)
    return Malformed("overlapping entries: " + name);
  record.entry.has_extra = extra_size != 0;
  if (in.left() == 0 && !has_descriptor) return base::Ok();
  if (has_descriptor && IsDescriptor(room.last(in.left()), central)) return base::Ok();
  return HiddenBytes("behind " + name);
}

base::Status CheckLocals(ByteSpan archive, std::vector<CentralRecord>& records,
                         std::uint64_t directory_offset) {
  std::vector<std::size_t> order(records.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) { return records[i].entry.offset; });
  if (!order.empty() && records[order.front()].entry.offset != 0)
    return HiddenBytes("before the first entry");
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool last = i + 1 == order.size();
    const std::uint64_t next = last ? directory_offset : records[order[i + 1]].entry.offset;
    RETURN_IF_ERROR(CheckLocal(archive, records[order[i]], next));
  }
  return base::Ok();
}

base::Status CheckUnique(const std::vector<CentralRecord>& records) {
  std::set<std::string> seen;
  for (const CentralRecord& record : records) {
    std::string key = ConfusableKey(record.entry.name);
    if (key.ends_with('/')) key.pop_back();
    if (!seen.insert(std::move(key)).second)
      return Error{ErrorCode::kInvalidInput, "zip.duplicate-name", record.entry.name};
  }
  return base::Ok();
}

}  // namespace

base::Result<ZipDirectory> ReadZipDirectory(ByteSpan archive) {
  return ReadEnd(archive);
}

base::Result<std::vector<ZipEntry>> ReadZipStructure(ByteSpan archive) {
  ASSIGN_OR_RETURN(std::vector<CentralRecord> records, ReadDirectory(archive));
  ASSIGN_OR_RETURN(const ZipDirectory directory, ReadEnd(archive));
  RETURN_IF_ERROR(CheckLocals(archive, records, directory.offset));
  RETURN_IF_ERROR(CheckUnique(records));
  std::vector<ZipEntry> entries;
  entries.reserve(records.size());
  for (CentralRecord& record : records) entries.push_back(std::move(record.entry));
  return entries;
}

}  // namespace signing
