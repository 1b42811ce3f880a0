// Files of a bounded size, read and replaced whole, and anonymous memory files
// that carry bulk bytes between processes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace base {

// Errors:
//   kNotFound      "file.missing"    there is no such file
//   kInvalidInput  "file.too-large"  it has more than `max_size` bytes
//   kInvalidInput  "file.unreadable" a directory, pipe or device, or no permission
Result<Bytes> ReadFile(const std::filesystem::path& path, std::size_t max_size);

// Writes beside `path`, syncs, renames over it and syncs the directory: after a power
// cut the old or the new content is there, never half. `mode` as for chmod(2).
// kUnavailable "disk.full", or "disk.unwritable" when the disk refuses otherwise; nothing was
// replaced.
Status ReplaceFile(const std::filesystem::path& path, ByteSpan content, unsigned mode);

// After a power cut the names that the folder holds now are there. kUnavailable
// "disk.full", "disk.unwritable".
Status SyncFolder(const std::filesystem::path& folder);

// The whole of an open file, from its start; the file position is not used.
// kInvalidInput "file.too-large" beyond `max_size`.
Result<Bytes> ReadFd(const UniqueFd& fd, std::size_t max_size);

// An anonymous file holding `content`, sealed against any change, so that whoever
// receives the descriptor reads what was sent. kUnavailable when memory is short.
Result<UniqueFd> MemoryFile(ByteSpan content);

// A read-only view of a file's bytes without copying them.
// The view lives as long as the object. Movable, not copyable.
class MappedFile {
 public:
  // Errors as ReadFile(). An empty file maps to an empty view.
  static Result<MappedFile> Open(const std::filesystem::path& path);
  static Result<MappedFile> Map(const UniqueFd& fd);

  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  ByteSpan bytes() const { return {data_, size_}; }

 private:
  MappedFile(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  const std::uint8_t* data_;
  std::size_t size_;
};

}  // namespace base
