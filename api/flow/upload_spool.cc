#include "api/flow/upload_spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/aead.h"
#include "base/random.h"
#include "base/unique_fd.h"
#include "base/write_at.h"

namespace api {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::string_view kKeyInfo = "edocvault/1 upload spool";
constexpr std::uint64_t kOverhead = base::kAeadNonceSize + base::kAeadTagSize;
constexpr std::uint64_t kSealedChunk = kSpoolChunk + kOverhead;
constexpr std::size_t kChunksInWrite = 16;

Error FromErrno(const char* operation, int error) {
  const bool is_full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return {ErrorCode::kUnavailable, is_full ? "disk.full" : "disk.unwritable",
          std::string("upload ") + operation + ": " +
              std::strerror(error)};  // NOLINT(concurrency-mt-unsafe): glibc's is
}

base::Result<base::UniqueFd> OpenFile(const std::filesystem::path& path, int flags) {
  base::UniqueFd fd{::open(path.c_str(), flags | O_CLOEXEC)};
  if (fd.valid()) return fd;
  if (errno == ENOENT) return Error{ErrorCode::kNotFound, "file.missing", path.string()};
  return FromErrno("open", errno);
}

base::Status WriteAll(int fd, std::uint64_t offset, base::ByteSpan bytes) {
  const int error = base::WriteAt(fd, offset, bytes);
  return error == 0 ? base::Ok() : base::Status(FromErrno("write", error));
}

bool ReadAll(int fd, std::uint64_t offset, std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return true;
}

// Bytes of the file that hold so many of the document's.
std::uint64_t FileSize(std::uint64_t kept) {
  return kept + (kept + kSpoolChunk - 1) / kSpoolChunk * kOverhead;
}

}  // namespace

UploadSpool::UploadSpool(std::filesystem::path path, const base::Secret& record_key,
                         base::ByteSpan owner, std::uint64_t size)
    : path_(std::move(path)),
      key_(base::DeriveKey(record_key, kKeyInfo)),
      owner_(owner.begin(), owner.end()),
      size_(size) {}

base::Result<UploadSpool> UploadSpool::Create(std::filesystem::path path,
                                              const base::Secret& record_key, base::ByteSpan owner,
                                              std::uint64_t size) {
  const base::UniqueFd fd{
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR)};
  if (!fd.valid()) return FromErrno("create", errno);
  return UploadSpool(std::move(path), record_key, owner, size);
}

base::Result<UploadSpool> UploadSpool::Open(std::filesystem::path path,
                                            const base::Secret& record_key, base::ByteSpan owner,
                                            std::uint64_t size) {
  UploadSpool spool(std::move(path), record_key, owner, size);
  RETURN_IF_ERROR(spool.CutOffWhatIsNotWhole());
  return spool;
}

// Of the owner, the size of the whole and the number: a chunk fits one place of one upload.
base::Bytes UploadSpool::Associated(std::uint64_t chunk) const {
  base::Bytes associated = owner_;
  base::AppendUint64(size_, associated);
  base::AppendUint64(chunk, associated);
  return associated;
}

std::uint64_t UploadSpool::PlainSize(std::uint64_t chunk) const {
  return std::min(kSpoolChunk, size_ - chunk * kSpoolChunk);
}

// How many of the document's first `bytes` make whole chunks.
std::uint64_t UploadSpool::Whole(std::uint64_t bytes) const {
  return bytes >= size_ ? size_ : bytes - bytes % kSpoolChunk;
}

void UploadSpool::Seal(std::uint64_t chunk, base::ByteSpan plain, base::Bytes& out) const {
  const base::Bytes nonce = base::RandomBytes(base::kAeadNonceSize);
  base::Append(nonce, out);
  base::Append(base::AeadSeal(key_, nonce, Associated(chunk), plain), out);
}

base::Result<base::Bytes> UploadSpool::ReadChunk(int fd, std::uint64_t chunk) const {
  base::Bytes sealed(PlainSize(chunk) + kOverhead);
  if (!ReadAll(fd, chunk * kSealedChunk, sealed))
    return Error{ErrorCode::kCorrupted, "aead.mismatch", path_.string() + " does not read"};
  const base::ByteSpan nonce = base::ByteSpan(sealed).first(base::kAeadNonceSize);
  return base::AeadOpen(key_, nonce, Associated(chunk),
                        base::ByteSpan(sealed).subspan(base::kAeadNonceSize));
}

// What was answered is on the disk. Behind it may be chunks of one piece that was at work, in any
// state: those that open are as good as others, once they are synced.
base::Status UploadSpool::CutOffWhatIsNotWhole() {
  ASSIGN_OR_RETURN(const base::UniqueFd fd, OpenFile(path_, O_RDWR));
  struct ::stat facts {};
  if (::fstat(fd.get(), &facts) != 0) return FromErrno("stat", errno);
  const auto length = static_cast<std::uint64_t>(facts.st_size);
  const std::uint64_t end =
      length >= FileSize(size_) ? size_ : Whole(length / kSealedChunk * kSpoolChunk);
  kept_ = end > kMostInPiece ? Whole(end - kMostInPiece) : 0;
  while (kept_ < end) {
    const std::uint64_t chunk = kept_ / kSpoolChunk;
    if (!ReadChunk(fd.get(), chunk).ok()) break;
    kept_ += PlainSize(chunk);
  }
  if (length != FileSize(kept_) && ::ftruncate(fd.get(), static_cast<off_t>(FileSize(kept_))) != 0)
    return FromErrno("truncate", errno);
  if (::fdatasync(fd.get()) != 0) return FromErrno("sync", errno);
  return base::Ok();
}

base::Status UploadSpool::WriteChunks(int fd, base::ByteSpan piece) const {
  std::uint64_t at = kept_;
  base::Bytes sealed;
  while (!piece.empty()) {
    const std::uint64_t first = at;
    sealed.clear();
    for (std::size_t i = 0; i < kChunksInWrite && !piece.empty(); ++i) {
      const base::ByteSpan plain = piece.first(PlainSize(at / kSpoolChunk));
      Seal(at / kSpoolChunk, plain, sealed);
      at += plain.size();
      piece = piece.subspan(plain.size());
    }
    RETURN_IF_ERROR(WriteAll(fd, FileSize(first), sealed));
  }
  return ::fdatasync(fd) == 0 ? base::Ok() : FromErrno("sync", errno);
}

base::Status UploadSpool::Append(base::ByteSpan piece) {
  piece = piece.first(std::min<std::uint64_t>(piece.size(), kMostInPiece));
  const std::uint64_t end = Whole(kept_ + piece.size());
  if (end <= kept_) return base::Ok();
  ASSIGN_OR_RETURN(const base::UniqueFd fd, OpenFile(path_, O_WRONLY));
  const base::Status written = WriteChunks(fd.get(), piece.first(end - kept_));
  if (written.ok()) {
    kept_ = end;
    return base::Ok();
  }
  // On a full disk nothing useless may stay, and pages that were not synced must not look so later.
  // If this fails too, the next piece is written over them.
  if (::ftruncate(fd.get(), static_cast<off_t>(FileSize(kept_))) != 0)
    return FromErrno("truncate", errno);
  return written.error();
}

base::Status UploadSpool::Read(const base::PieceSink& sink) const {
  ASSIGN_OR_RETURN(const base::UniqueFd fd, OpenFile(path_, O_RDONLY));
  for (std::uint64_t at = 0; at < kept_; at += kSpoolChunk) {
    ASSIGN_OR_RETURN(const base::Bytes chunk, ReadChunk(fd.get(), at / kSpoolChunk));
    RETURN_IF_ERROR(sink(chunk));
  }
  return base::Ok();
}

}  // namespace api
