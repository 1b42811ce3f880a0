#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/mapped_pages.h"

namespace base {
namespace {

Error Unreadable(const std::filesystem::path& path, int error) {
  if (error == ENOENT || error == ENOTDIR)
    return {ErrorCode::kNotFound, "file.missing", "no file " + path.string()};
  return {
      ErrorCode::kInvalidInput, "file.unreadable",
      path.string() + ": " + std::strerror(error)};  // NOLINT(concurrency-mt-unsafe): glibc's is
}

// What an operator can mend by making room has a code of its own.
Error Unwritable(const std::filesystem::path& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return {
      ErrorCode::kUnavailable, full ? "disk.full" : "disk.unwritable",
      path.string() + ": " + std::strerror(error)};  // NOLINT(concurrency-mt-unsafe): glibc's is
}

Result<UniqueFd> OpenForRead(const std::filesystem::path& path) {
  // Without O_NONBLOCK opening a pipe waits for its writer; regular files ignore the flag.
  UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
  if (!fd.valid()) return Unreadable(path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return Unreadable(path, errno);
  if (!S_ISREG(info.st_mode)) return Unreadable(path, S_ISDIR(info.st_mode) ? EISDIR : EINVAL);
  return fd;
}

bool WriteAll(int fd, ByteSpan content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<Bytes> ReadFd(const UniqueFd& fd, std::size_t max_size) {
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0)
    return Error{ErrorCode::kInvalidInput, "file.unreadable", "fstat failed"};
  if (static_cast<std::size_t>(info.st_size) > max_size)
    return Error{ErrorCode::kInvalidInput, "file.too-large",
                 std::to_string(info.st_size) + " bytes, at most " + std::to_string(max_size)};
  Bytes content(static_cast<std::size_t>(info.st_size));
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t got =
        ::pread(fd.get(), content.data() + done, content.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Error{ErrorCode::kInvalidInput, "file.unreadable", "file ended early"};
    done += static_cast<std::size_t>(got);
  }
  return content;
}

Result<Bytes> ReadFile(const std::filesystem::path& path, std::size_t max_size) {
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenForRead(path));
  auto content = ReadFd(fd, max_size);
  if (!content.ok())
    return Error{content.error().code, content.error().reason,
                 path.string() + ": " + content.error().message};
  return content;
}

Status ReplaceFile(const std::filesystem::path& path, ByteSpan content, unsigned mode) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::string temporary = path.string() + ".XXXXXX";
  const UniqueFd fd{::mkostemp(temporary.data(), O_CLOEXEC)};
  if (!fd.valid()) return Unwritable(path, errno);
  const bool written = ::fchmod(fd.get(), mode) == 0 && WriteAll(fd.get(), content) &&
                       ::fsync(fd.get()) == 0 && ::rename(temporary.c_str(), path.c_str()) == 0;
  if (!written) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return Unwritable(path, error);
  }
  return SyncFolder(folder);
}

Status SyncFolder(const std::filesystem::path& folder) {
  const UniqueFd directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory.valid() || ::fsync(directory.get()) != 0) return Unwritable(folder, errno);
  return Ok();
}

Result<UniqueFd> MemoryFile(ByteSpan content) {
  UniqueFd fd{::memfd_create("edocvault", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  const bool sealed =
      fd.valid() && WriteAll(fd.get(), content) &&
      ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
  if (!sealed)
    return Error{ErrorCode::kUnavailable, "memory.short",
                 "memory file of " + std::to_string(content.size()) + " bytes"};
  return fd;
}

Result<MappedFile> MappedFile::Open(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenForRead(path));
  return Map(fd);
}

Result<MappedFile> MappedFile::Map(const UniqueFd& fd) {
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0)
    return Error{ErrorCode::kInvalidInput, "file.unreadable", "fstat failed"};
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size == 0) return MappedFile(nullptr, 0);
  void* const memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (memory == MAP_FAILED)
    return Error{ErrorCode::kUnavailable, "memory.short", "cannot map the file"};
  MappedFile mapped(static_cast<const std::uint8_t*>(memory), size);
  NoteMapping(mapped.bytes());
  return mapped;
}

MappedFile::~MappedFile() {
  if (data_ == nullptr) return;
  ForgetMapping(bytes());
  // munmap() takes what mmap() gave, which was writable in type only.
  ::munmap(const_cast<std::uint8_t*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace base
