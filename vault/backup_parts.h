// The files of a backup: parts, hashed as they are written and read, and the manifest that names
// them (docs/formats/backup.md).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace vault {

struct BackupPart {
  std::uint64_t size = 0;
  base::Sha256Digest sha256;
  friend bool operator==(const BackupPart&, const BackupPart&) = default;
};

struct BackupManifest {
  std::uint64_t number = 0;                    // From 1.
  std::optional<base::Sha256Digest> previous;  // Of the manifest before; none in number 1.
  base::Time made_at;
  std::uint64_t from = 0;  // Entries from..to-1 are in it.
  std::uint64_t to = 0;
  BackupPart log;
  BackupPart keys;
  std::string checkpoint;  // Signed note of the tree of `to` entries.

  std::string Text() const;
  // Accepts exactly what Text() gives.
  static std::optional<BackupManifest> Parse(std::string_view text);
};

inline constexpr std::string_view kLogPart = "log";
inline constexpr std::string_view kKeysPart = "keys";
inline constexpr std::string_view kManifestFile = "manifest";
inline constexpr std::string_view kUnfinishedFolder = "making";

// Eight digits or more.
std::string BackupFolder(std::uint64_t number);

// "backup.damaged": something of backup `number` is not what was written.
base::Error BackupDamaged(std::uint64_t number, const std::string& what);

// The manifests of a set, oldest first, each with the SHA-256 of its file. Their chain is checked:
// numbers, hashes, entries without a gap. Empty: there is none yet.
// kCorrupted "backup.damaged"; kUnavailable "disk.unwritable".
struct ChainLink {
  BackupManifest manifest;
  base::Sha256Digest sha256;
};
base::Result<std::vector<ChainLink>> ReadBackupChain(const std::filesystem::path& set);

// A part that is being written. Not thread-safe.
class PartWriter {
 public:
  // kUnavailable "disk.full", "disk.unwritable"; so do all others.
  static base::Result<PartWriter> Create(const std::filesystem::path& file);

  base::Status Put(base::ByteSpan bytes);
  base::Status PutNumber(std::uint64_t number, unsigned width);
  // When ok, all of it is on stable storage.
  base::Result<BackupPart> Finish() &&;

 private:
  explicit PartWriter(base::UniqueFd fd) : fd_(std::move(fd)) {}
  base::Status Flush();

  base::UniqueFd fd_;
  base::Bytes waiting_;
  base::Sha256Stream hash_;
  std::uint64_t size_ = 0;
};

// A part that is read from its start to its end. Not thread-safe.
class PartReader {
 public:
  // `number` of the backup, for errors. kCorrupted "backup.damaged"; so do all others.
  static base::Result<PartReader> Open(const std::filesystem::path& file, std::uint64_t number,
                                       const BackupPart& expected);

  // How many bytes were not read yet.
  std::uint64_t left() const { return expected_.size - at_; }
  base::Result<base::Bytes> Take(std::uint64_t size);  // At most kMostAtOnce.
  base::Result<std::uint64_t> TakeNumber(unsigned width);
  // REQUIRES: all was read. Whether it was what the manifest says.
  base::Status Finish() &&;

  static constexpr std::uint64_t kMostAtOnce = std::uint64_t{1} << 20U;

 private:
  PartReader(base::UniqueFd fd, std::uint64_t number, const BackupPart& expected)
      : fd_(std::move(fd)), number_(number), expected_(expected) {}
  base::Status Fill();

  base::UniqueFd fd_;
  std::uint64_t number_;
  BackupPart expected_;
  std::uint64_t at_ = 0;    // Of what was taken.
  std::uint64_t read_ = 0;  // Of what was read ahead.
  base::Bytes ahead_;
  std::size_t used_ = 0;  // Of `ahead_`.
  base::Sha256Stream hash_;
};

}  // namespace vault
