#include "vault/segment_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/write_at.h"
#include "vault/directory.h"

namespace vault {
namespace {

using base::Error;
using base::ErrorCode;

constexpr mode_t kMode = 0600;
constexpr std::array<std::uint8_t, 8> kMagic{'E', 'D', 'V', 'S', 'E', 'G', 0, 1};

bool IsFull(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

Error FromErrno(const char* operation, int error) {
  const std::string message = std::string("segment ") + operation + ": " +
                              std::strerror(error);  // NOLINT(concurrency-mt-unsafe): glibc's is
  if (IsFull(error)) return {ErrorCode::kUnavailable, "disk.full", message};
  return {ErrorCode::kUnavailable, "disk.unwritable", message};
}

Error Damaged(const std::string& what) {
  return {ErrorCode::kCorrupted, "segment.damaged", what};
}

base::Bytes HeaderOf(std::uint64_t number) {
  base::Bytes header(kMagic.begin(), kMagic.end());
  base::AppendUint64(number, header);
  return header;
}

base::Status WriteAt(int fd, std::uint64_t offset, base::ByteSpan bytes) {
  const int error = base::WriteAt(fd, offset, bytes);
  return error == 0 ? base::Ok() : base::Status(FromErrno("write", error));
}

}  // namespace

base::Result<std::unique_ptr<SegmentFile>> SegmentFile::Create(const std::filesystem::path& path,
                                                               std::uint64_t number) {
  base::UniqueFd fd{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kMode)};
  if (!fd.valid()) return FromErrno("create", errno);
  if (const base::Status written = WriteAt(fd.get(), 0, HeaderOf(number)); !written.ok()) {
    ::unlink(path.c_str());  // A full disk must not fill with empty files.
    return written.error();
  }
  RETURN_IF_ERROR(SyncDirectory(path.parent_path()));
  return std::unique_ptr<SegmentFile>(new SegmentFile(std::move(fd), kSegmentHeaderSize));
}

base::Result<std::unique_ptr<SegmentFile>> SegmentFile::Reopen(const std::filesystem::path& path,
                                                               std::uint64_t number) {
  base::UniqueFd fd{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
  if (!fd.valid()) return FromErrno("open", errno);
  base::Bytes header(kSegmentHeaderSize);
  RETURN_IF_ERROR(ReadAt(fd, 0, header));
  if (header != HeaderOf(number)) return Damaged("header of " + path.string());
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return FromErrno("stat", errno);
  return std::unique_ptr<SegmentFile>(
      new SegmentFile(std::move(fd), static_cast<std::uint64_t>(info.st_size)));
}

bool SegmentFile::retired() const {
  const std::lock_guard lock(mutex_);
  return retired_;
}

std::optional<std::uint64_t> SegmentFile::Reserve(std::uint64_t size, std::uint64_t limit) {
  const std::lock_guard lock(mutex_);
  const bool has_room = end_ == kSegmentHeaderSize || (size <= limit && end_ <= limit - size);
  if (retired_ || !has_room) return std::nullopt;
  const std::uint64_t start = end_;
  end_ += size;
  return start;
}

base::Status SegmentFile::Write(std::uint64_t offset, base::ByteSpan piece) const {
  return WriteAt(fd_.get(), offset, piece);
}

void SegmentFile::Abandon(std::uint64_t offset, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  if (offset + size != end_) return;
  end_ = offset;
  // Half a document is garbage that nobody names, but on a full disk it must not stay.
  if (::ftruncate(fd_.get(), static_cast<off_t>(offset)) != 0) retired_ = true;
}

base::Status SegmentFile::Sync() {
  std::unique_lock lock(mutex_);
  // One that is under way may have begun before our bytes were written.
  const std::uint64_t needed = syncs_begun_ + 1;
  synced_changed_.wait(lock, [&] { return retired_ || last_good_sync_ >= needed || !syncing_; });
  if (last_good_sync_ >= needed) return base::Ok();
  // After a failed sync the kernel may drop the pages and call the next one good: nothing
  // written since the last good one is ever trusted.
  if (retired_) return FromErrno("sync", EIO);
  syncing_ = true;
  const std::uint64_t mine = ++syncs_begun_;
  lock.unlock();
  const int error = ::fdatasync(fd_.get()) == 0 ? 0 : errno;
  lock.lock();
  syncing_ = false;
  if (error == 0) last_good_sync_ = mine;
  if (error != 0) retired_ = true;
  synced_changed_.notify_all();
  if (error != 0) return FromErrno("sync", error);
  return base::Ok();
}

base::Result<base::UniqueFd> OpenSegmentForRead(const std::filesystem::path& path) {
  base::UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (fd.valid()) return fd;
  const int error = errno;
  if (error == ENOENT) return Damaged(path.string() + " is missing");
  return FromErrno("open", error);
}

base::Status WriteSegmentAt(const std::filesystem::path& path, std::uint64_t offset,
                            base::ByteSpan bytes) {
  const base::UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!fd.valid()) return FromErrno("open", errno);
  return WriteAt(fd.get(), offset, bytes);
}

base::Status SyncSegment(const std::filesystem::path& path) {
  const base::UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!fd.valid()) return FromErrno("open", errno);
  return ::fdatasync(fd.get()) == 0 ? base::Ok() : base::Status(FromErrno("sync", errno));
}

base::Status ReadAt(const base::UniqueFd& fd, std::uint64_t offset, std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = ::pread(fd.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Damaged("the file ends early or cannot be read");
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return base::Ok();
}

}  // namespace vault
