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
// Chunks are numbered by 32 bits (docs/formats/segment.md).
constexpr std::uint64_t kLargestDocument = std::uint64_t{1} << 46U;
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

base::Status CheckKey(const base::Secret& key) {
  if (key.Reveal().size() == base::kAeadKeySize) return base::Ok();
  return Error{ErrorCode::kInvalidInput, "segment.bad-key", "a key has 32 bytes"};
}

StoredDocument StoredAt(const SegmentRef& where, const base::UniqueFd& fd) {
  return {.stored_size = where.length,
          .read = [offset = where.offset, &fd](std::uint64_t at, std::span<std::uint8_t> piece) {
            return ReadAt(fd, offset + at, piece);
          }};
}

// A range of one file, for one writer.
struct Place {
  std::uint64_t number = 0;
  std::shared_ptr<SegmentFile> file;
  std::uint64_t offset = 0;
};

class WriterOnDisk final : public DocumentWriter {
 public:
  WriterOnDisk(Place place, const base::Secret& key, std::uint64_t size)
      : place_(std::move(place)), size_(StoredSize(size)), sealer_(key, size) {}
  ~WriterOnDisk() override {
    if (!finished_) place_.file->Abandon(place_.offset, size_);
  }
  WriterOnDisk(const WriterOnDisk&) = delete;
  WriterOnDisk& operator=(const WriterOnDisk&) = delete;

  base::Status Put(base::ByteSpan piece) override { return sealer_.Put(piece, write_); }

  base::Result<Written> Finish() override {
    ASSIGN_OR_RETURN(const base::Sha256Digest sha256, sealer_.Finish(write_));
    RETURN_IF_ERROR(place_.file->Sync());
    finished_ = true;
    return Written{.where = {.segment = place_.number, .offset = place_.offset, .length = size_},
                   .sha256 = sha256};
  }

 private:
  const Place place_;
  const std::uint64_t size_;  // Stored.
  std::uint64_t written_ = 0;
  bool finished_ = false;
  DocumentSealer sealer_;
  const base::PieceSink write_ = [this](base::ByteSpan piece) {
    const base::Status put = place_.file->Write(place_.offset + written_, piece);
    written_ += piece.size();
    return put;
  };
};

class SegmentsOnDisk final : public Segments {
 public:
  SegmentsOnDisk(fs::path directory, base::UniqueFd lock)
      : directory_(std::move(directory)), lock_(std::move(lock)) {}

  base::Status Scan();

  base::Result<std::unique_ptr<DocumentWriter>> Begin(std::string_view agency, base::Time intake,
                                                      const base::Secret& key,
                                                      std::uint64_t size) override;
  base::Status ReadInto(const SegmentRef& where, const base::Sha256Digest& ciphertext_sha256,
                        const base::Secret& key, const base::PieceSink& sink) const override;
  base::Status ReadRange(const SegmentRef& where, const base::Secret& key, std::uint64_t offset,
                         std::uint64_t length, const base::PieceSink& sink) const override;
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

  base::Result<Place> Reserve(const Series& series, std::uint64_t size);
  base::Status OpenCurrent(const Series& series, Current& current);
  base::Result<Current> CreateNext(const Series& series);
  void CloseIdleFiles();
  base::Result<base::UniqueFd> OpenToRead(const SegmentRef& where, const base::Secret& key) const;

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

base::Result<Place> SegmentsOnDisk::Reserve(const Series& series, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  const auto found = current_.find(series);
  if (found != current_.end() && (found->second.file || OpenCurrent(series, found->second).ok())) {
    const Current& current = found->second;
    if (const auto offset = current.file->Reserve(size, kRotateAt))
      return Place{.number = current.number, .file = current.file, .offset = *offset};
  }
  ASSIGN_OR_RETURN(const Current created, CreateNext(series));
  const auto offset = created.file->Reserve(size, kRotateAt);
  return Place{.number = created.number, .file = created.file, .offset = offset.value()};
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

base::Result<std::unique_ptr<DocumentWriter>> SegmentsOnDisk::Begin(std::string_view agency,
                                                                    base::Time intake,
                                                                    const base::Secret& key,
                                                                    std::uint64_t size) {
  if (!IsAgency(agency))
    return Error{ErrorCode::kInvalidInput, "segment.bad-agency", std::string(agency)};
  RETURN_IF_ERROR(CheckKey(key));
  if (size > kLargestDocument)
    return Error{ErrorCode::kInvalidInput, "segment.bad-size", "a document of that size"};
  ASSIGN_OR_RETURN(Place place, Reserve(SeriesOf(agency, intake), StoredSize(size)));
  return std::unique_ptr<DocumentWriter>(
      std::make_unique<WriterOnDisk>(std::move(place), key, size));
}

base::Result<fs::path> SegmentsOnDisk::PathOf(const SegmentRef& where) const {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(where.segment);
  if (found == files_.end())
    return Error{ErrorCode::kCorrupted, "segment.damaged",
                 "no segment " + std::to_string(where.segment)};
  return directory_ / SegmentName(where.segment, found->second);
}

base::Result<base::UniqueFd> SegmentsOnDisk::OpenToRead(const SegmentRef& where,
                                                        const base::Secret& key) const {
  RETURN_IF_ERROR(CheckKey(key));
  ASSIGN_OR_RETURN(const fs::path path, PathOf(where));
  return OpenSegmentForRead(path);
}

base::Status SegmentsOnDisk::ReadInto(const SegmentRef& where,
                                      const base::Sha256Digest& ciphertext_sha256,
                                      const base::Secret& key, const base::PieceSink& sink) const {
  ASSIGN_OR_RETURN(const base::UniqueFd fd, OpenToRead(where, key));
  return OpenDocument(key, StoredAt(where, fd), ciphertext_sha256, sink);
}

base::Status SegmentsOnDisk::ReadRange(const SegmentRef& where, const base::Secret& key,
                                       std::uint64_t offset, std::uint64_t length,
                                       const base::PieceSink& sink) const {
  ASSIGN_OR_RETURN(const base::UniqueFd fd, OpenToRead(where, key));
  return OpenRange(key, StoredAt(where, fd), offset, length, sink);
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

base::Result<Written> Segments::Append(std::string_view agency, base::Time intake,
                                       const base::Secret& key, base::ByteSpan document) {
  ASSIGN_OR_RETURN(const auto writer, Begin(agency, intake, key, document.size()));
  RETURN_IF_ERROR(writer->Put(document));
  return writer->Finish();
}

base::Result<base::Bytes> Segments::Read(const SegmentRef& where,
                                         const base::Sha256Digest& ciphertext_sha256,
                                         const base::Secret& key) const {
  base::Bytes document;
  RETURN_IF_ERROR(ReadInto(where, ciphertext_sha256, key, [&](base::ByteSpan piece) {
    if (document.empty()) document.reserve(where.length);  // Seen to go with the header.
    base::Append(piece, document);
    return base::Ok();
  }));
  return document;
}

base::Result<Written> SealInline(const base::Secret& key, base::ByteSpan document) {
  RETURN_IF_ERROR(CheckKey(key));
  if (document.size() > kMostInline)
    return Error{ErrorCode::kInvalidInput, "segment.bad-size", "too large for a record"};
  Written written;
  const base::PieceSink write = [&](base::ByteSpan piece) {
    base::Append(piece, written.inline_content);
    return base::Ok();
  };
  DocumentSealer sealer(key, document.size());
  RETURN_IF_ERROR(sealer.Put(document, write));
  ASSIGN_OR_RETURN(written.sha256, sealer.Finish(write));
  written.where.length = written.inline_content.size();
  return written;
}

base::Status ReadInline(const Record& record, const base::Secret& key, std::uint64_t offset,
                        std::uint64_t length, const base::PieceSink& sink) {
  RETURN_IF_ERROR(CheckKey(key));
  const base::Bytes& stored = record.inline_content;
  if (base::Sha256(stored) != record.content_sha256)
    return Error{ErrorCode::kCorrupted, "segment.damaged", "its SHA-256 differs"};
  const auto read = [&stored](std::uint64_t at, std::span<std::uint8_t> piece) -> base::Status {
    if (at > stored.size() || piece.size() > stored.size() - at)
      return Error{ErrorCode::kCorrupted, "segment.damaged", "the record ends early"};
    std::ranges::copy(base::ByteSpan(stored).subspan(at, piece.size()), piece.begin());
    return base::Ok();
  };
  return OpenRange(key, {.stored_size = stored.size(), .read = read}, offset, length, sink);
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
