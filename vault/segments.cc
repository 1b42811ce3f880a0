#include "vault/segments.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <string>

#include "base/aead.h"
#include "base/unique_fd.h"
#include "vault/directory.h"
#include "vault/segment_codec.h"
#include "vault/segment_file.h"
#include "vault/segment_name.h"

namespace vault {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorCode;

constexpr std::uint64_t kRotateAt = std::uint64_t{256} << 20U;
constexpr std::size_t kMaxOpenFiles = 256;
constexpr std::uint64_t kCopyPiece = std::uint64_t{1} << 20U;

base::Status CopyCiphertext(const fs::path& file, const SegmentRef& where,
                            const base::Sha256Digest& ciphertext_sha256,
                            const Segments::PieceTaker& take) {
  ASSIGN_OR_RETURN(const base::UniqueFd fd, OpenSegmentForRead(file));
  base::Sha256Stream hash;
  base::Bytes piece;
  for (std::uint64_t done = 0; done < where.length; done += piece.size()) {
    piece.resize(std::min(kCopyPiece, where.length - done));
    RETURN_IF_ERROR(ReadAt(fd, where.offset + done, piece));
    hash.Update(piece);
    RETURN_IF_ERROR(take(piece));
  }
  if (std::move(hash).Finish() == ciphertext_sha256) return base::Ok();
  return Error{ErrorCode::kCorrupted, "segment.damaged", file.string() + ": its SHA-256 differs"};
}

class SegmentsOnDisk final : public Segments {
 public:
  SegmentsOnDisk(fs::path directory, base::UniqueFd lock)
      : directory_(std::move(directory)), lock_(std::move(lock)) {}

  base::Status Scan();

  base::Result<Written> Append(std::string_view agency, base::Time intake, const base::Secret& key,
                               base::ByteSpan document) override;
  base::Result<base::Bytes> Read(const SegmentRef& where,
                                 const base::Sha256Digest& ciphertext_sha256,
                                 const base::Secret& key) const override;
  base::Status Copy(const SegmentRef& where, const base::Sha256Digest& ciphertext_sha256,
                    const PieceTaker& take) const override;
  base::Status Check(const SegmentRef& where,
                     const base::Sha256Digest& ciphertext_sha256) const override;

 private:
  // kCorrupted "segment.damaged" when there is none.
  base::Result<fs::path> PathOf(const SegmentRef& where) const;

  struct Current {
    std::uint64_t number = 0;
    std::shared_ptr<SegmentFile> file;  // Null until somebody appends.
  };

  base::Result<Current> FileFor(const Series& series, std::uint64_t size);
  base::Status OpenCurrent(const Series& series, Current& current);
  base::Result<Current> CreateNext(const Series& series);
  void CloseIdleFiles();

  const fs::path directory_;
  const base::UniqueFd lock_;
  mutable std::mutex mutex_;  // Guards what follows.
  std::map<std::uint64_t, Series> files_;
  std::map<Series, Current> current_;  // The newest file of each series.
  std::uint64_t next_number_ = 1;
};

base::Status SegmentsOnDisk::Scan() {
  std::error_code error;
  for (fs::directory_iterator file(directory_, error), end; !error && file != end;
       file.increment(error)) {
    const auto named = ParseSegmentName(file->path().filename().string());
    if (!named) continue;
    files_[named->number] = named->series;
    Current& current = current_[named->series];
    current.number = std::max(current.number, named->number);
    next_number_ = std::max(next_number_, named->number + 1);
  }
  if (error)
    return Error{ErrorCode::kUnavailable, "disk.unwritable",
                 directory_.string() + ": " + error.message()};
  return base::Ok();
}

base::Result<SegmentsOnDisk::Current> SegmentsOnDisk::FileFor(const Series& series,
                                                              std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  const auto found = current_.find(series);
  if (found == current_.end()) return CreateNext(series);
  Current& current = found->second;
  if (!current.file && !OpenCurrent(series, current).ok()) return CreateNext(series);
  const std::uint64_t end = current.file->end();
  const bool has_room = end == kSegmentHeaderSize || end + size <= kRotateAt;
  if (current.file->retired() || !has_room) return CreateNext(series);
  return current;
}

base::Status SegmentsOnDisk::OpenCurrent(const Series& series, Current& current) {
  CloseIdleFiles();
  ASSIGN_OR_RETURN(auto file, SegmentFile::Reopen(directory_ / SegmentName(current.number, series),
                                                  current.number));
  current.file = std::move(file);
  return base::Ok();
}

base::Result<SegmentsOnDisk::Current> SegmentsOnDisk::CreateNext(const Series& series) {
  CloseIdleFiles();
  // A number is spent even when making its file fails: a file without its header stays unused.
  const std::uint64_t number = next_number_++;
  ASSIGN_OR_RETURN(auto file,
                   SegmentFile::Create(directory_ / SegmentName(number, series), number));
  Current created{number, std::move(file)};
  files_[number] = series;
  current_[series] = created;
  return created;
}

void SegmentsOnDisk::CloseIdleFiles() {
  const auto is_open = [](const auto& entry) { return entry.second.file != nullptr; };
  if (static_cast<std::size_t>(std::ranges::count_if(current_, is_open)) < kMaxOpenFiles) return;
  for (auto& [series, current] : current_) {
    // Others count on the end that an appender in flight knows.
    if (current.file.use_count() == 1 && !current.file->retired()) current.file.reset();
  }
}

base::Result<Written> SegmentsOnDisk::Append(std::string_view agency, base::Time intake,
                                             const base::Secret& key, base::ByteSpan document) {
  if (!IsAgency(agency))
    return Error{ErrorCode::kInvalidInput, "segment.bad-agency", std::string(agency)};
  if (key.Reveal().size() != base::kAeadKeySize)
    return Error{ErrorCode::kInvalidInput, "segment.bad-key", "a key has 32 bytes"};
  const std::uint64_t size = StoredSize(document.size());
  ASSIGN_OR_RETURN(const Current current, FileFor(SeriesOf(agency, intake), size));
  Written written;
  const auto seal = [&](const SegmentFile::PutPiece& put) -> base::Status {
    ASSIGN_OR_RETURN(written.sha256, SealDocument(key, document, put));
    return base::Ok();
  };
  ASSIGN_OR_RETURN(const std::uint64_t offset, current.file->Append(seal));
  RETURN_IF_ERROR(current.file->SyncThrough(offset + size));
  written.where = {.segment = current.number, .offset = offset, .length = size};
  return written;
}

base::Result<fs::path> SegmentsOnDisk::PathOf(const SegmentRef& where) const {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(where.segment);
  if (found == files_.end())
    return Error{ErrorCode::kCorrupted, "segment.damaged",
                 "no segment " + std::to_string(where.segment)};
  return directory_ / SegmentName(where.segment, found->second);
}

base::Result<base::Bytes> SegmentsOnDisk::Read(const SegmentRef& where,
                                               const base::Sha256Digest& ciphertext_sha256,
                                               const base::Secret& key) const {
  if (key.Reveal().size() != base::kAeadKeySize)
    return Error{ErrorCode::kInvalidInput, "segment.bad-key", "a key has 32 bytes"};
  ASSIGN_OR_RETURN(const fs::path path, PathOf(where));
  ASSIGN_OR_RETURN(const base::UniqueFd fd, OpenSegmentForRead(path));
  std::uint64_t at = where.offset;
  const auto read = [&fd, &at](std::span<std::uint8_t> piece) {
    const base::Status got = ReadAt(fd, at, piece);
    at += piece.size();
    return got;
  };
  return OpenDocument(key, where.length, ciphertext_sha256, read);
}

base::Status SegmentsOnDisk::Check(const SegmentRef& where,
                                   const base::Sha256Digest& ciphertext_sha256) const {
  ASSIGN_OR_RETURN(const fs::path path, PathOf(where));
  return CheckCiphertext(path, where, ciphertext_sha256);
}

base::Status SegmentsOnDisk::Copy(const SegmentRef& where,
                                  const base::Sha256Digest& ciphertext_sha256,
                                  const PieceTaker& take) const {
  ASSIGN_OR_RETURN(const fs::path path, PathOf(where));
  return CopyCiphertext(path, where, ciphertext_sha256, take);
}

}  // namespace

std::map<std::uint64_t, fs::path> SegmentFilesOf(const fs::path& data) {
  std::map<std::uint64_t, fs::path> files;
  std::error_code error;
  for (fs::directory_iterator file(data / "segments", error), end; !error && file != end;
       file.increment(error))
    if (const auto named = ParseSegmentName(file->path().filename().string()))
      files[named->number] = file->path();
  return files;
}

base::Status CheckCiphertext(const fs::path& file, const SegmentRef& where,
                             const base::Sha256Digest& ciphertext_sha256) {
  return CopyCiphertext(file, where, ciphertext_sha256, [](base::ByteSpan) { return base::Ok(); });
}

base::Result<std::unique_ptr<Segments>> Segments::Open(const fs::path& data) {
  const fs::path directory = data / "segments";
  for (const auto& path : {data, directory}) RETURN_IF_ERROR(MakeDirectory(path));
  ASSIGN_OR_RETURN(base::UniqueFd lock, LockFile(directory / "lock"));
  auto segments = std::make_unique<SegmentsOnDisk>(directory, std::move(lock));
  RETURN_IF_ERROR(segments->Scan());
  return std::unique_ptr<Segments>(std::move(segments));
}

}  // namespace vault
