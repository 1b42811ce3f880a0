#include "cli/new_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "base/file.h"
#include "base/unique_fd.h"

namespace cli {
namespace {

using base::Error;
using base::ErrorCode;

// Removes the file unless it got its name.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& beside)
      : name_(beside.string() + ".XXXXXX"), fd_(::mkostemp(name_.data(), O_CLOEXEC)) {}
  ~TemporaryFile() {
    if (fd_.valid()) ::unlink(name_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  bool valid() const { return fd_.valid(); }
  const std::string& name() const { return name_; }
  const base::UniqueFd& fd() const { return fd_; }

  bool Write(base::ByteSpan bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return true;
  }

 private:
  std::string name_;
  base::UniqueFd fd_;
};

bool HasBytesOf(const std::filesystem::path& path, const TemporaryFile& written) {
  const auto there = base::MappedFile::Open(path);
  const auto here = base::MappedFile::Map(written.fd());
  return there.ok() && here.ok() && std::ranges::equal(there.value().bytes(), here.value().bytes());
}

Error Unwritable(const std::filesystem::path& path) {
  return {ErrorCode::kUnavailable, "disk.unwritable", path.string()};
}

// All that `write` hands over, on stable storage, for its owner alone.
base::Status Fill(const TemporaryFile& file, const std::filesystem::path& path,
                  const PieceWriter& write) {
  if (!file.valid()) return Unwritable(path);
  bool written = true;
  RETURN_IF_ERROR(write([&](base::ByteSpan piece) { written = written && file.Write(piece); }));
  if (written && ::fchmod(file.fd().get(), 0600) == 0 && ::fsync(file.fd().get()) == 0)
    return base::Ok();
  return Unwritable(path);
}

base::Status SyncFolderOf(const std::filesystem::path& path) {
  return base::SyncFolder(path.has_parent_path() ? path.parent_path() : ".");
}

}  // namespace

base::Status WriteNewFile(const std::filesystem::path& path, const PieceWriter& write) {
  const TemporaryFile file(path);
  RETURN_IF_ERROR(Fill(file, path, write));
  if (::renameat2(AT_FDCWD, file.name().c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno != EEXIST) return Unwritable(path);
    if (HasBytesOf(path, file)) return base::Ok();
    return Error{ErrorCode::kConflict, "bundle.exists", path.string()};
  }
  return SyncFolderOf(path);
}

base::Status ReplaceFileInPieces(const std::filesystem::path& path, const PieceWriter& write) {
  const TemporaryFile file(path);
  RETURN_IF_ERROR(Fill(file, path, write));
  if (::rename(file.name().c_str(), path.c_str()) != 0) return Unwritable(path);
  return SyncFolderOf(path);
}

}  // namespace cli
