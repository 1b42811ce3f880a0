#include "vault/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace vault {
namespace {

using base::Error;
using base::ErrorCode;

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;

Error Unwritable(const std::filesystem::path& path) {
  return {
      ErrorCode::kUnavailable, errno == ENOSPC || errno == EDQUOT ? "disk.full" : "disk.unwritable",
      path.string() + ": " + std::strerror(errno)};  // NOLINT(concurrency-mt-unsafe): glibc's is
}

}  // namespace

base::Status MakeDirectory(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), kDirectoryMode) != 0) {
    if (errno != EEXIST || !std::filesystem::is_directory(path)) return Unwritable(path);
    return base::Ok();
  }
  return SyncDirectory(path.parent_path());
}

base::Status SyncDirectory(const std::filesystem::path& path) {
  const std::filesystem::path named = path.empty() ? "." : path;
  const base::UniqueFd fd{::open(named.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd.valid() || ::fsync(fd.get()) != 0) return Unwritable(named);
  return base::Ok();
}

base::Result<base::UniqueFd> LockFile(const std::filesystem::path& path) {
  base::UniqueFd fd{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode)};
  if (!fd.valid()) return Unwritable(path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK) return Unwritable(path);
  return Error{ErrorCode::kUnavailable, "vault.locked", path.string() + " is held by another"};
}

}  // namespace vault
