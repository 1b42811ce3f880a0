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

// prefix (7) || chunk number (4) || last (1). Four bytes number 2^32 chunks: 256 TiB.
std::array<std::uint8_t, base::kAeadNonceSize> NonceOf(std::uint64_t chunk, bool last) {
  std::array<std::uint8_t, base::kAeadNonceSize> nonce{};
  std::ranges::copy(kNoncePrefix, nonce.begin());
  for (std::size_t i = 0; i < 4; ++i)
    nonce[kNoncePrefix.size() + i] = static_cast<std::uint8_t>(chunk >> (24 - 8 * i));
  nonce.back() = last ? 1 : 0;
  return nonce;
}

base::Result<std::uint64_t> DocumentSizeOf(base::ByteSpan header, std::uint64_t stored_size) {
  if (!std::ranges::equal(header.first(kMagic.size()), kMagic)) return Damaged("not a document");
  const std::uint64_t size = base::ReadUint64(header.subspan(kMagic.size()));
  if (size > stored_size || StoredSize(size) != stored_size) return Damaged("its length differs");
  return size;
}

// Opens sealed chunks one behind the other.
class ChunkOpener {
 public:
  ChunkOpener(const base::Secret& key, base::Bytes header, std::uint64_t chunks)
      : key_(key), header_(std::move(header)), chunks_(chunks) {}

  base::Status Open(base::ByteSpan sealed, base::Bytes& document) {
    while (!sealed.empty()) {
      const base::ByteSpan chunk = sealed.first(std::min(sealed.size(), kSealedChunkSize));
      const auto nonce = NonceOf(next_, next_ + 1 == chunks_);
      const auto opened = base::AeadOpen(key_, nonce, header_, chunk);
      if (!opened.ok()) return Damaged("a chunk does not fit its tag");
      base::Append(opened.value(), document);
      sealed = sealed.subspan(chunk.size());
      ++next_;
    }
    return base::Ok();
  }

 private:
  const base::Secret& key_;
  const base::Bytes header_;
  const std::uint64_t chunks_;
  std::uint64_t next_ = 0;
};

}  // namespace

std::uint64_t StoredSize(std::uint64_t document_size) {
  return kHeaderSize + document_size + ChunksOf(document_size) * base::kAeadTagSize;
}

base::Result<base::Sha256Digest> SealDocument(const base::Secret& key, base::ByteSpan document,
                                              const PieceWriter& write) {
  const base::Bytes header = HeaderOf(document.size());
  const std::uint64_t chunks = ChunksOf(document.size());
  base::Sha256Stream hash;
  base::Bytes piece = header;
  for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) {
    const bool last = chunk + 1 == chunks;
    const base::ByteSpan plain = document.first(std::min(document.size(), kChunkSize));
    base::Append(base::AeadSeal(key, NonceOf(chunk, last), header, plain), piece);
    document = document.subspan(plain.size());
    if (!last && piece.size() < kChunksInPiece * kSealedChunkSize) continue;
    hash.Update(piece);
    RETURN_IF_ERROR(write(piece));
    piece.clear();
  }
  return std::move(hash).Finish();
}

base::Result<base::Bytes> OpenDocument(const base::Secret& key, std::uint64_t stored_size,
                                       const base::Sha256Digest& sha256, const PieceReader& read) {
  if (stored_size < StoredSize(0)) return Damaged("too short");
  base::Bytes header(kHeaderSize);
  RETURN_IF_ERROR(read(header));
  ASSIGN_OR_RETURN(const std::uint64_t size, DocumentSizeOf(header, stored_size));

  base::Sha256Stream hash;
  hash.Update(header);
  ChunkOpener chunks(key, header, ChunksOf(size));
  base::Bytes document;
  document.reserve(size);
  std::uint64_t rest = stored_size - kHeaderSize;
  while (rest > 0) {
    base::Bytes piece(std::min<std::uint64_t>(rest, kChunksInPiece * kSealedChunkSize));
    RETURN_IF_ERROR(read(piece));
    hash.Update(piece);
    RETURN_IF_ERROR(chunks.Open(piece, document));
    rest -= piece.size();
  }
  if (std::move(hash).Finish() != sha256) return Damaged("its SHA-256 differs");
  return document;
}

}  // namespace vault
