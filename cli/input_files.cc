#include "cli/input_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <system_error>

namespace cli {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorCode;

base::Result<std::vector<fs::path>> RegularFilesBelow(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code failure;
  fs::recursive_directory_iterator at(folder, failure);
  for (; !failure && at != fs::recursive_directory_iterator(); at.increment(failure)) {
    std::error_code ignored;
    const fs::file_status status = at->symlink_status(ignored);
    if (!fs::is_regular_file(status)) continue;
    if (found.size() >= InputFiles::kMaxFiles)
      return Error{ErrorCode::kInvalidInput, "input.too-many-files", folder.string()};
    found.push_back(at->path());
  }
  if (failure) return Error{ErrorCode::kInvalidInput, "file.unreadable", folder.string()};
  std::ranges::sort(found);
  return found;
}

}  // namespace

base::Status InputFiles::Add(const fs::path& path) {
  std::error_code failure;
  if (!fs::is_directory(path, failure)) return AddFile(path, path.filename().string());
  ASSIGN_OR_RETURN(const std::vector<fs::path> found, RegularFilesBelow(path));
  for (const fs::path& file : found)
    RETURN_IF_ERROR(AddFile(file, file.lexically_relative(path).generic_string()));
  return base::Ok();
}

base::Status InputFiles::AddFile(const fs::path& path, std::string name) {
  if (files_.size() >= kMaxFiles)
    return Error{ErrorCode::kInvalidInput, "input.too-many-files", path.string()};
  auto copied = base::ReadFile(path, kMaxCopied - copied_bytes_);
  if (copied.ok()) {
    copied_bytes_ += copied.value().size();
    copied_.push_back(std::move(copied).value());
    files_.push_back({std::move(name), copied_.back()});
    return base::Ok();
  }
  if (copied.error().reason != "file.too-large") return copied.error();
  const Stamp stamp = StampOf(path);
  ASSIGN_OR_RETURN(base::MappedFile mapped, base::MappedFile::Open(path));
  mapped_.push_back({std::move(mapped), path, stamp});
  files_.push_back({std::move(name), mapped_.back().file.bytes()});
  return base::Ok();
}

base::Status InputFiles::RequireUnchanged() const {
  for (const Mapped& one : mapped_)
    if (StampOf(one.path) != one.stamp)
      return Error{ErrorCode::kConflict, "file.changed", one.path.string()};
  return base::Ok();
}

InputFiles::Stamp InputFiles::StampOf(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  return {static_cast<std::int64_t>(info.st_dev),
          static_cast<std::int64_t>(info.st_ino),
          info.st_size,
          info.st_mtim.tv_sec,
          info.st_mtim.tv_nsec,
          info.st_ctim.tv_sec,
          info.st_ctim.tv_nsec};
}

}  // namespace cli
