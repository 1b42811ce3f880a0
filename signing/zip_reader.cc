#include "signing/zip_reader.h"

#include <zip.h>

#include <algorithm>
#include <array>

#include "base/c_handle.h"
#include "base/mapped_pages.h"

namespace signing {
namespace {

using base::ByteSpan;
using base::Error;
using base::ErrorCode;
using ZipFile = base::CHandle<zip_file_t, zip_fclose>;

// So much of a large member is in memory at a time, at most.
constexpr std::uint64_t kKeptBytes = std::uint64_t{8} << 20U;
constexpr std::size_t kStep = std::size_t{16} * 1024;

Error Content(const ZipEntry& entry) {
  return {ErrorCode::kInvalidInput, "zip.content", entry.name};
}

}  // namespace

struct ZipReader::Archive {
  base::CHandle<zip_t, zip_discard> zip;
};

ZipReader::ZipReader(base::ByteSpan bytes, std::vector<ZipEntry> entries,
                     std::unique_ptr<Archive> archive, const Limits& limits)
    : bytes_(bytes),
      entries_(std::move(entries)),
      archive_(std::move(archive)),
      limits_(limits),
      read_(entries_.size()) {
  for (std::size_t i = 0; i < entries_.size(); ++i) by_name_.emplace(entries_[i].name, i);
}
ZipReader::~ZipReader() = default;
ZipReader::ZipReader(ZipReader&&) noexcept = default;
ZipReader& ZipReader::operator=(ZipReader&&) noexcept = default;

base::Result<ZipReader> ZipReader::Open(ByteSpan archive, const Limits& limits) {
  ASSIGN_OR_RETURN(std::vector<ZipEntry> entries, ReadZipStructure(archive));
  auto opened = std::make_unique<Archive>();
  if (entries.empty()) return ZipReader(archive, std::move(entries), std::move(opened), limits);

  zip_source_t* source = zip_source_buffer_create(archive.data(), archive.size(), 0, nullptr);
  if (source == nullptr) return Error{ErrorCode::kUnavailable, "memory.short", "libzip source"};
  opened->zip.reset(zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, nullptr));
  if (!opened->zip) {
    zip_source_free(source);
    return Error{ErrorCode::kInvalidInput, "zip.malformed", "libzip finds it inconsistent"};
  }
  // Both readers must see the same members, or one of them is wrong.
  zip_t* zip = opened->zip.get();
  bool same = static_cast<std::size_t>(zip_get_num_entries(zip, 0)) == entries.size();
  for (std::size_t i = 0; same && i < entries.size(); ++i) {
    const char* name = zip_get_name(zip, i, ZIP_FL_ENC_RAW);
    same = name != nullptr && entries[i].name == name;
  }
  if (!same) return Error{ErrorCode::kInvalidInput, "zip.malformed", "two readers disagree"};
  return ZipReader(archive, std::move(entries), std::move(opened), limits);
}

base::ByteSpan ZipReader::BytesOf(const ZipEntry& entry) const {
  const std::size_t begin = std::min<std::size_t>(entry.offset, bytes_.size());
  return bytes_.subspan(begin, std::min<std::size_t>(entry.compressed_size, bytes_.size() - begin));
}

const ZipEntry* ZipReader::Find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &entries_[found->second];
}

base::Status ZipReader::Stream(const ZipEntry& entry, const std::function<void(ByteSpan)>& take) {
  const auto index = static_cast<zip_uint64_t>(&entry - entries_.data());
  const ZipFile file{zip_fopen_index(archive_->zip.get(), index, 0)};
  if (!file) return Content(entry);
  std::array<std::uint8_t, kStep> buffer;  // Written before it is read.
  std::uint64_t size = 0;
  for (;;) {
    const zip_int64_t count = zip_fread(file.get(), buffer.data(), buffer.size());
    if (count < 0) return Content(entry);
    if (count == 0) break;
    const auto read = static_cast<std::uint64_t>(count);
    size += read;
    inflated_ += read;
    if (size > entry.size) return Content(entry);
    const bool bomb = size > limits_.free_bytes && size / limits_.ratio > entry.compressed_size;
    if (bomb || inflated_ > limits_.total_bytes)
      return Error{ErrorCode::kInvalidInput, "zip.bomb", entry.name};
    take({buffer.data(), static_cast<std::size_t>(read)});
    // What is behind is not looked at again; what is ahead was not looked at yet.
    if (size / kKeptBytes != (size - read) / kKeptBytes) base::GiveBackPages(BytesOf(entry));
  }
  if (size >= kKeptBytes) base::GiveBackPages(BytesOf(entry));
  if (size != entry.size) return Content(entry);
  read_[index] = true;
  return base::Ok();
}

bool ZipReader::WasRead(const ZipEntry& entry) const {
  return read_[static_cast<std::size_t>(&entry - entries_.data())];
}

base::Result<base::Bytes> ZipReader::Read(const ZipEntry& entry, std::size_t max_size) {
  if (entry.size > max_size)
    return Error{ErrorCode::kInvalidInput, "zip.member-too-large", entry.name};
  base::Bytes content;
  RETURN_IF_ERROR(Stream(entry, [&](ByteSpan piece) { base::Append(piece, content); }));
  return content;
}

}  // namespace signing
