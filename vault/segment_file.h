// SegmentFile: one append-only file. Appends run one at a time; callers that wait for the
// disk share one sync.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>

#include "base/bytes.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace vault {

// Thread-safe.
class SegmentFile {
 public:
  // Makes the file, with its header, and syncs its name. kUnavailable "disk.full" or
  // "disk.unwritable".
  static base::Result<std::unique_ptr<SegmentFile>> Create(const std::filesystem::path& path,
                                                           std::uint64_t number);
  // Goes on at the end of a file made before. kCorrupted "segment.damaged" when its header
  // is not that of `number`.
  static base::Result<std::unique_ptr<SegmentFile>> Reopen(const std::filesystem::path& path,
                                                           std::uint64_t number);

  // Where the next append goes.
  std::uint64_t end() const;
  // A write or a sync failed in a way that leaves its end uncertain: append elsewhere.
  bool retired() const;

  // `write` puts its pieces one behind the other with the function it is given. Returns the
  // offset of the first. The bytes are on stable storage only after SyncThrough().
  // After an error the file has its old length (or is retired).
  using PutPiece = std::function<base::Status(base::ByteSpan piece)>;
  base::Result<std::uint64_t> Append(const std::function<base::Status(const PutPiece&)>& write);

  // When ok, all bytes before `end` are on stable storage. kUnavailable "disk.unwritable":
  // they may not be, and the file is retired.
  base::Status SyncThrough(std::uint64_t end);

 private:
  SegmentFile(base::UniqueFd fd, std::uint64_t end) : fd_(std::move(fd)), end_(end) {}

  const base::UniqueFd fd_;
  std::mutex append_mutex_;  // Held for a whole append; taken before mutex_.
  mutable std::mutex mutex_;
  std::condition_variable synced_changed_;
  std::uint64_t end_;
  std::uint64_t synced_ = 0;
  bool syncing_ = false;
  bool retired_ = false;
};

// Opens one file of a segment for reading. kCorrupted "segment.damaged" when it is missing.
base::Result<base::UniqueFd> OpenSegmentForRead(const std::filesystem::path& path);

// All of `out`, from `offset`. kCorrupted "segment.damaged" when the file ends before or
// the disk cannot read it.
base::Status ReadAt(const base::UniqueFd& fd, std::uint64_t offset, std::span<std::uint8_t> out);

// For a recovery, which puts documents where they were: not for appends.
// kUnavailable "disk.full", "disk.unwritable".
base::Status WriteSegmentAt(const std::filesystem::path& path, std::uint64_t offset,
                            base::ByteSpan bytes);
base::Status SyncSegment(const std::filesystem::path& path);

// The bytes before the first document.
inline constexpr std::uint64_t kSegmentHeaderSize = 16;

}  // namespace vault
