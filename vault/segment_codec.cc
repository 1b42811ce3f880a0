#include "vault/segment_codec.h"

#include <algorithm>
#include <array>

#include "base/aead.h"

namespace vault {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::array<std::uint8_t, 8> kMagic{'E', 'D', 'V', 'D', 'O', 'C', 0, 1};
constexpr std::size_t kHeaderSize = kMagic.size() + 8;
constexpr std::size_t kSealedChunkSize = kChunkSize + base::kAeadTagSize;
constexpr std::size_t kChunksInPiece = 16;

// Keeps these nonces apart from any other use of the same key.
constexpr std::array<std::uint8_t, 7> kNoncePrefix{'E', 'D', 'V', 'S', 'E', 'G', 1};

Error Damaged(const char* what) {
  return {ErrorCode::kCorrupted, "segment.damaged", what};
}

// An empty document is one empty chunk, so that its end is authenticated too.
std::uint64_t ChunksOf(std::uint64_t document_size) {
  return std::max<std::uint64_t>(1, (document_size + kChunkSize - 1) / kChunkSize);
}

base::Bytes HeaderOf(std::uint64_t document_size) {
  base::Bytes header(kMagic.begin(), kMagic.end());
  base::AppendUint64(document_size, header);
  return header;
}

std::uint64_t SizeIn(base::ByteSpan header) {
  return base::ReadUint64(header.subspan(kMagic.size()));
}

// prefix (7) || chunk number (4) || last (1). Four bytes number 2^32 chunks: 256 TiB.
std::array<std::uint8_t, base::kAeadNonceSize> NonceOf(std::uint64_t chunk, bool last) {
  std::array<std::uint8_t, base::kAeadNonceSize> nonce{};
  std::ranges::copy(kNoncePrefix, nonce.begin());
  for (std::size_t i = 0; i < 4; ++i)
    nonce[kNoncePrefix.size() + i] = static_cast<std::uint8_t>(chunk >> (24 - 8 * i));
  nonce.back() = last ? 1 : 0;
  return nonce;
}

// The header, once it is seen to go with the stored size.
base::Result<base::Bytes> ReadHeader(const StoredDocument& stored) {
  if (stored.stored_size < StoredSize(0)) return Damaged("too short");
  base::Bytes header(kHeaderSize);
  RETURN_IF_ERROR(stored.read(0, header));
  if (!std::ranges::equal(base::ByteSpan(header).first(kMagic.size()), kMagic))
    return Damaged("not a document");
  const std::uint64_t size = SizeIn(header);
  if (size > stored.stored_size || StoredSize(size) != stored.stored_size)
    return Damaged("its length differs");
  return header;
}

// Reads and opens the chunks of one document, each by its number.
class ChunkReader {
 public:
  ChunkReader(const base::Secret& key, const StoredDocument& stored, base::Bytes header)
      : key_(key), stored_(stored), header_(std::move(header)), size_(SizeIn(header_)) {}

  std::uint64_t chunks() const { return ChunksOf(size_); }
  std::uint64_t document_size() const { return size_; }
  // Of the chunk that was read last.
  base::ByteSpan sealed() const { return sealed_; }

  base::Result<base::Bytes> Read(std::uint64_t number) {
    const std::uint64_t at = number * kChunkSize;
    sealed_.resize(std::min<std::uint64_t>(size_ - at, kChunkSize) + base::kAeadTagSize);
    RETURN_IF_ERROR(stored_.read(kHeaderSize + number * kSealedChunkSize, sealed_));
    auto opened = base::AeadOpen(key_, NonceOf(number, number + 1 == chunks()), header_, sealed_);
    if (!opened.ok()) return Damaged("a chunk does not fit its tag");
    return opened;
  }

 private:
  const base::Secret& key_;
  const StoredDocument& stored_;
  const base::Bytes header_;
  const std::uint64_t size_;
  base::Bytes sealed_;
};

}  // namespace

std::uint64_t StoredSize(std::uint64_t document_size) {
  return kHeaderSize + document_size + ChunksOf(document_size) * base::kAeadTagSize;
}

DocumentSealer::DocumentSealer(const base::Secret& key, std::uint64_t document_size)
    : key_(key),
      header_(HeaderOf(document_size)),
      chunks_(ChunksOf(document_size)),
      missing_(document_size),
      sealed_(header_) {}

bool DocumentSealer::NextIsLast() const {
  return next_ + 1 == chunks_;
}

void DocumentSealer::SealNext(base::ByteSpan chunk) {
  base::Append(base::AeadSeal(key_, NonceOf(next_, NextIsLast()), header_, chunk), sealed_);
  ++next_;
}

base::Status DocumentSealer::HandOn(const base::PieceSink& write) {
  hash_.Update(sealed_);
  const base::Status written = write(sealed_);
  sealed_.clear();
  return written;
}

base::Status DocumentSealer::Put(base::ByteSpan piece, const base::PieceSink& write) {
  if (piece.size() > missing_)
    return Error{ErrorCode::kInvalidInput, "segment.bad-size", "more bytes than were announced"};
  while (!piece.empty()) {
    const std::size_t taken = std::min(piece.size(), kChunkSize - plain_.size());
    missing_ -= taken;
    const bool whole = plain_.size() + taken == kChunkSize || missing_ == 0;
    // A chunk that is whole in the piece is sealed from there.
    if (!whole || !plain_.empty()) base::Append(piece.first(taken), plain_);
    if (whole) SealNext(plain_.empty() ? piece.first(taken) : base::ByteSpan(plain_));
    if (whole) plain_.clear();
    piece = piece.subspan(taken);
    if (sealed_.size() >= kChunksInPiece * kSealedChunkSize) RETURN_IF_ERROR(HandOn(write));
  }
  return base::Ok();
}

base::Result<base::Sha256Digest> DocumentSealer::Finish(const base::PieceSink& write) {
  if (missing_ != 0)
    return Error{ErrorCode::kInvalidInput, "segment.bad-size", "fewer bytes than were announced"};
  if (next_ == 0) SealNext({});  // The empty document.
  RETURN_IF_ERROR(HandOn(write));
  return std::move(hash_).Finish();
}

base::Status OpenDocument(const base::Secret& key, const StoredDocument& stored,
                          const base::Sha256Digest& sha256, const base::PieceSink& sink) {
  ASSIGN_OR_RETURN(const base::Bytes header, ReadHeader(stored));
  base::Sha256Stream hash;
  hash.Update(header);
  ChunkReader reader(key, stored, header);
  for (std::uint64_t number = 0; number + 1 < reader.chunks(); ++number) {
    ASSIGN_OR_RETURN(const base::Bytes chunk, reader.Read(number));
    hash.Update(reader.sealed());
    RETURN_IF_ERROR(sink(chunk));
  }
  ASSIGN_OR_RETURN(const base::Bytes last, reader.Read(reader.chunks() - 1));
  hash.Update(reader.sealed());
  if (std::move(hash).Finish() != sha256) return Damaged("its SHA-256 differs");
  return sink(last);
}

base::Status OpenRange(const base::Secret& key, const StoredDocument& stored, std::uint64_t offset,
                       std::uint64_t length, const base::PieceSink& sink) {
  ASSIGN_OR_RETURN(base::Bytes header, ReadHeader(stored));
  ChunkReader reader(key, stored, std::move(header));
  if (offset > reader.document_size() || length > reader.document_size() - offset)
    return Error{ErrorCode::kInvalidInput, "segment.bad-range", "beyond the document's end"};
  while (length > 0) {
    ASSIGN_OR_RETURN(const base::Bytes chunk, reader.Read(offset / kChunkSize));
    base::ByteSpan part = base::ByteSpan(chunk).subspan(offset % kChunkSize);
    part = part.first(std::min<std::uint64_t>(part.size(), length));
    RETURN_IF_ERROR(sink(part));
    offset += part.size();
    length -= part.size();
  }
  return base::Ok();
}

}  // namespace vault
