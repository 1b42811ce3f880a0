#include "signing/stored_container.h"

#include <zlib.h>

#include <algorithm>

#include "base/mapped_pages.h"
#include "signing/dos_time.h"

namespace signing {
namespace {

using base::Bytes;
using base::ByteSpan;

constexpr std::size_t kPiece = std::size_t{4} << 20U;
constexpr std::uint64_t kMax32 = 0xFFFFFFFF;
constexpr std::uint16_t kVersion64 = 45;  // APPNOTE 4.4.3.2.

void Put(std::uint64_t number, std::size_t size, Bytes& out) {
  for (std::size_t i = 0; i < size; ++i)
    out.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
}

std::uint32_t CrcOf(std::uint32_t before, ByteSpan bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(before, bytes.data(), static_cast<z_size_t>(bytes.size())));
}

template <typename Take>
void InPieces(ByteSpan bytes, Take take) {
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    const ByteSpan piece = bytes.subspan(at, std::min(kPiece, bytes.size() - at));
    take(piece);
    base::GiveBackPages(piece);
  }
}

struct Member {
  std::string name;
  ByteSpan bytes;
  std::uint32_t crc = 0;
  std::uint64_t offset = 0;
  bool wide() const { return bytes.size() >= kMax32; }
};

// What the local header and the central record have in common (APPNOTE 4.3.7 and 4.3.12).
void PutCommon(const Member& member, bool wide, std::size_t extra, DosTime when, Bytes& out) {
  constexpr std::uint16_t kUtf8 = 0x0800;
  Put(wide ? kVersion64 : 20, 2, out);
  Put(kUtf8, 2, out);
  Put(0, 2, out);  // Stored.
  Put(when.time, 2, out);
  Put(when.date, 2, out);
  Put(member.crc, 4, out);
  const std::uint64_t size = member.wide() ? kMax32 : member.bytes.size();
  Put(size, 4, out);
  Put(size, 4, out);
  Put(member.name.size(), 2, out);
  Put(extra, 2, out);
}

Bytes LocalHeader(const Member& member, DosTime when) {
  Bytes out;
  Put(0x04034B50, 4, out);
  PutCommon(member, member.wide(), member.wide() ? 20 : 0, when, out);
  base::Append(base::AsBytes(member.name), out);
  if (!member.wide()) return out;
  Put(0x0001, 2, out);
  Put(16, 2, out);
  Put(member.bytes.size(), 8, out);
  Put(member.bytes.size(), 8, out);
  return out;
}

Bytes CentralRecord(const Member& member, DosTime when) {
  Bytes field;
  if (member.wide()) Put(member.bytes.size(), 8, field);
  if (member.wide()) Put(member.bytes.size(), 8, field);
  const bool far = member.offset >= kMax32;
  if (far) Put(member.offset, 8, field);
  Bytes out;
  Put(0x02014B50, 4, out);
  Put(0x0300 | kVersion64, 2, out);
  PutCommon(member, !field.empty(), field.empty() ? 0 : field.size() + 4, when, out);
  Put(0, 2 + 2 + 2, out);
  Put(std::uint64_t{0100644} << 16U, 4, out);
  Put(far ? kMax32 : member.offset, 4, out);
  base::Append(base::AsBytes(member.name), out);
  if (field.empty()) return out;
  Put(0x0001, 2, out);
  Put(field.size(), 2, out);
  base::Append(field, out);
  return out;
}

Bytes EndRecords(std::size_t count, std::uint64_t offset, std::uint64_t size) {
  Bytes out;
  const bool wide = offset >= kMax32;
  if (wide) {
    Put(0x06064B50, 4, out);
    Put(44, 8, out);
    Put(kVersion64, 2, out);
    Put(kVersion64, 2, out);
    Put(0, 8, out);
    Put(count, 8, out);
    Put(count, 8, out);
    Put(size, 8, out);
    Put(offset, 8, out);
    Put(0x07064B50, 4, out);
    Put(0, 4, out);
    Put(offset + size, 8, out);
    Put(1, 4, out);
  }
  Put(0x06054B50, 4, out);
  Put(0, 4, out);
  Put(count, 2, out);
  Put(count, 2, out);
  Put(size, 4, out);
  Put(wide ? kMax32 : offset, 4, out);
  Put(0, 2, out);
  return out;
}

}  // namespace

DocumentSums SumsOf(ByteSpan bytes) {
  base::Sha256Stream hash;
  DocumentSums sums;
  InPieces(bytes, [&](ByteSpan piece) {
    hash.Update(piece);
    sums.crc = CrcOf(sums.crc, piece);
  });
  sums.sha256 = std::move(hash).Finish();
  return sums;
}

base::Status WriteStoredContainer(const std::vector<StoredDocument>& documents,
                                  const ContainerSignature& signature, base::Time modified,
                                  const std::function<void(base::ByteSpan)>& take) {
  ContainerParts parts;
  for (const StoredDocument& one : documents) parts.documents.push_back(one.document);
  RETURN_IF_ERROR(CheckContainerNames(parts));
  const std::string manifest = ContainerManifestText(parts);
  const auto text = [](std::string name, std::string_view content) {
    const ByteSpan bytes = base::AsBytes(content);
    return Member{std::move(name), bytes, CrcOf(0, bytes)};
  };
  std::vector<Member> members{text("mimetype", kAsicMediaType)};
  for (const StoredDocument& one : documents)
    members.push_back({one.document.name, one.document.bytes, one.sums.crc});
  members.push_back(text("META-INF/manifest.xml", manifest));
  members.push_back(text(signature.name, signature.xml));

  const DosTime when = ToDosTime(modified);
  std::uint64_t at = 0;
  const auto write = [&](ByteSpan bytes) {
    take(bytes);
    at += bytes.size();
  };
  for (Member& member : members) {
    member.offset = at;
    write(LocalHeader(member, when));
    InPieces(member.bytes, write);
  }
  const std::uint64_t directory = at;
  for (const Member& member : members) write(CentralRecord(member, when));
  write(EndRecords(members.size(), directory, at - directory));
  return base::Ok();
}

}  // namespace signing
