#include "api/flow/sealed_file.h"

#include <sys/stat.h>

#include "base/aead.h"
#include "base/file.h"
#include "base/random.h"

namespace api {
namespace {

constexpr std::size_t kLengthSize = sizeof(std::uint64_t);
constexpr std::size_t kMaxFile = std::size_t{96} << 20U;
constexpr std::string_view kKeyInfo = "prepared";

void AppendPart(base::ByteSpan part, base::Bytes& out) {
  base::AppendUint64(part.size(), out);
  base::Append(part, out);
}

std::optional<base::ByteSpan> TakePart(base::ByteSpan& left) {
  if (left.size() < kLengthSize) return std::nullopt;
  const std::uint64_t size = base::ReadUint64(left.first(kLengthSize));
  left = left.subspan(kLengthSize);
  if (size > left.size()) return std::nullopt;
  const base::ByteSpan part = left.first(size);
  left = left.subspan(size);
  return part;
}

base::Error Damaged(const std::filesystem::path& path) {
  return {base::ErrorCode::kCorrupted, "aead.mismatch", path.string() + " does not read"};
}

}  // namespace

base::Status WriteSealedFile(const std::filesystem::path& path, RecordKeys& keys,
                             base::ByteSpan owner, const SealedContent& content) {
  ASSIGN_OR_RETURN(const NewKey key, keys.Take());
  return WriteSealedFile(path, key, owner, content);
}

base::Status WriteSealedFile(const std::filesystem::path& path, const NewKey& key,
                             base::ByteSpan owner, const SealedContent& content) {
  base::Bytes plain;
  AppendPart(base::AsBytes(content.facts.Dump()), plain);
  AppendPart(content.bytes, plain);
  const base::Bytes nonce = base::RandomBytes(base::kAeadNonceSize);
  base::Bytes file;
  base::AppendUint64(key.slot.value, file);
  AppendPart(nonce, file);
  base::Append(base::AeadSeal(base::DeriveKey(key.key, kKeyInfo), nonce, owner, plain), file);
  return base::ReplaceFile(path, file, S_IRUSR);
}

base::Result<SealedContent> ReadSealedFile(const std::filesystem::path& path, RecordKeys& keys,
                                           base::ByteSpan owner) {
  ASSIGN_OR_RETURN(OpenedFile file, OpenSealedFile(path, keys, owner));
  return std::move(file.content);
}

base::Result<OpenedFile> OpenSealedFile(const std::filesystem::path& path, RecordKeys& keys,
                                        base::ByteSpan owner) {
  ASSIGN_OR_RETURN(const base::Bytes file, base::ReadFile(path, kMaxFile));
  base::ByteSpan left = file;
  if (left.size() < kLengthSize) return Damaged(path);
  const std::uint64_t slot = base::ReadUint64(left.first(kLengthSize));
  left = left.subspan(kLengthSize);
  const auto nonce = slot <= UINT32_MAX ? TakePart(left) : std::nullopt;
  if (!nonce || nonce->size() != base::kAeadNonceSize) return Damaged(path);
  const vault::KeySlot place{static_cast<std::uint32_t>(slot)};
  ASSIGN_OR_RETURN(base::Secret key, keys.Open(hsm::KeyUse::kKept, place));
  ASSIGN_OR_RETURN(const base::Bytes plain,
                   base::AeadOpen(base::DeriveKey(key, kKeyInfo), *nonce, owner, left));
  base::ByteSpan parts = plain;
  const auto facts = TakePart(parts);
  const auto bytes = facts ? TakePart(parts) : std::nullopt;
  if (!bytes) return Damaged(path);
  SealedContent content;
  ASSIGN_OR_RETURN(content.facts, base::Json::Parse(base::AsText(*facts)));
  content.bytes.assign(bytes->begin(), bytes->end());
  return OpenedFile{std::move(content), {place, std::move(key)}};
}

}  // namespace api
