#include "api/flow/prepared_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/aead.h"
#include "base/file.h"
#include "base/random.h"
#include "base/unique_fd.h"

namespace api {
namespace {

constexpr std::size_t kIdSize = 16;
constexpr std::size_t kLengthSize = sizeof(std::uint64_t);
constexpr std::size_t kMaxState = std::size_t{96} << 20U;
constexpr std::string_view kDone = ".done";

base::Error Unknown(const std::string& id) {
  return {base::ErrorCode::kNotFound, "prepared.unknown", id.substr(0, 2 * kIdSize)};
}

std::optional<base::Bytes> IdBytes(const std::string& id) {
  auto bytes = base::HexDecode(id);
  if (!bytes || bytes->size() != kIdSize || base::HexEncode(*bytes) != id) return std::nullopt;
  return bytes;
}

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

base::Error Damaged() {
  return {base::ErrorCode::kCorrupted, "aead.mismatch", "a prepared signature does not read"};
}

}  // namespace

base::Status PreparedStore::RemoveOld() {
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  if (!failed) ::chmod(folder_.c_str(), S_IRWXU);
  const auto oldest = clock_.Now() - kLife;
  std::size_t waiting = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, failed)) {
    struct ::stat facts {};
    if (::stat(entry.path().c_str(), &facts) != 0) continue;
    if (base::Time(std::chrono::seconds(facts.st_mtime)) < oldest)
      ::unlink(entry.path().c_str());
    else if (entry.path().extension() != kDone)
      ++waiting;
  }
  if (failed)
    return base::Error{base::ErrorCode::kUnavailable, "disk.unwritable", folder_.string()};
  if (waiting < kMaxWaiting) return base::Ok();
  return base::Error{base::ErrorCode::kUnavailable, "prepared.too-many", std::to_string(waiting)};
}

base::Result<std::string> PreparedStore::Put(const PreparedState& state) {
  RETURN_IF_ERROR(RemoveOld());
  const base::Bytes owner = base::RandomBytes(kIdSize);
  ASSIGN_OR_RETURN(const hsm::DocumentKey key, keys_.NewDocumentKey(owner));
  base::Bytes plain;
  AppendPart(base::AsBytes(state.facts.Dump()), plain);
  AppendPart(state.document, plain);
  const base::Bytes nonce = base::RandomBytes(base::kAeadNonceSize);
  base::Bytes file;
  AppendPart(key.wrapped, file);
  AppendPart(nonce, file);
  base::Append(base::AeadSeal(base::DeriveKey(key.key, "prepared"), nonce, owner, plain), file);
  const std::string id = base::HexEncode(owner);
  RETURN_IF_ERROR(base::ReplaceFile(folder_ / id, file, S_IRUSR));
  return id;
}

base::Result<PreparedState> PreparedStore::Get(const std::string& id) {
  const auto owner = IdBytes(id);
  if (!owner) return Unknown(id);
  const auto file = base::ReadFile(folder_ / id, kMaxState);
  if (!file.ok()) return Unknown(id);
  base::ByteSpan left = file.value();
  const auto wrapped = TakePart(left);
  const auto nonce = wrapped ? TakePart(left) : std::nullopt;
  if (!nonce || nonce->size() != base::kAeadNonceSize) return Damaged();
  ASSIGN_OR_RETURN(
      const std::vector<base::Secret> keys,
      keys_.OpenDocumentKeys({{*owner, base::Bytes(wrapped->begin(), wrapped->end())}}));
  ASSIGN_OR_RETURN(const base::Bytes plain,
                   base::AeadOpen(base::DeriveKey(keys.front(), "prepared"), *nonce, *owner, left));
  base::ByteSpan parts = plain;
  const auto facts = TakePart(parts);
  const auto document = facts ? TakePart(parts) : std::nullopt;
  if (!document) return Damaged();
  PreparedState state;
  ASSIGN_OR_RETURN(state.facts, base::Json::Parse(base::AsText(*facts)));
  state.document.assign(document->begin(), document->end());
  const base::Time made{std::chrono::seconds(state.facts.Integer("made").value_or(0))};
  if (made + kLife < clock_.Now()) return Unknown(id);
  return state;
}

base::Status PreparedStore::Complete(const std::string& id, const base::Sha256Digest& value) {
  const std::filesystem::path path = folder_ / (id + std::string(kDone));
  const std::string text = base::HexEncode(value.bytes);
  // Whoever links its file to that name first has said which value it is.
  const std::filesystem::path own = folder_ / (id + "." + base::HexEncode(base::RandomBytes(8)));
  RETURN_IF_ERROR(base::ReplaceFile(own, base::AsBytes(text), S_IRUSR));
  const bool first = ::link(own.c_str(), path.c_str()) == 0;
  ::unlink(own.c_str());
  if (first) {
    const base::UniqueFd folder{::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.valid() && ::fsync(folder.get()) == 0) return base::Ok();
    return base::Error{base::ErrorCode::kUnavailable, "disk.unwritable", path.string()};
  }
  ASSIGN_OR_RETURN(const base::Bytes noted, base::ReadFile(path, 1024));
  if (base::AsText(noted) == text) return base::Ok();
  return base::Error{base::ErrorCode::kConflict, "prepared.completed", id};
}

}  // namespace api
