// SegmentFile: one append-only file. Writers reserve a range each and fill it beside one another;
// those that wait for the disk share one sync.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

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

  // A sync failed, or a truncation: what is on the disk is uncertain. Append elsewhere.
  bool retired() const;

  // `size` bytes at the end, for one writer alone; returns where they begin. nullopt when the file
  // is retired, or when it holds something and would grow beyond `limit`.
  std::optional<std::uint64_t> Reserve(std::uint64_t size, std::uint64_t limit);
  // REQUIRES: inside a range that the caller reserved. kUnavailable "disk.full", "disk.unwritable".
  base::Status Write(std::uint64_t offset, base::ByteSpan piece) const;
  // Gives a range back that will not be finished. The last one is cut off; otherwise it stays as
  // bytes that nobody names.
  void Abandon(std::uint64_t offset, std::uint64_t size);

  // When ok, all that was written before the call is on stable storage. kUnavailable
  // "disk.unwritable": it may not be, and the file is retired.
  base::Status Sync();

 private:
  SegmentFile(base::UniqueFd fd, std::uint64_t end) : fd_(std::move(fd)), end_(end) {}

  const base::UniqueFd fd_;
  mutable std::mutex mutex_;
  std::condition_variable synced_changed_;
  std::uint64_t end_;  // Of the last range. Below it writers may still be at work.
  // Syncs are numbered from 1. One covers what was written before it began, and no more.
  std::uint64_t syncs_begun_ = 0;
  std::uint64_t last_good_sync_ = 0;
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
