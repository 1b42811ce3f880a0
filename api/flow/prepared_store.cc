#include "api/flow/prepared_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "api/flow/kept_id.h"
#include "base/file.h"
#include "base/random.h"
#include "base/unique_fd.h"

namespace api {
namespace {

constexpr std::string_view kDone = ".done";

base::Error Unknown(const std::string& id) {
  return {base::ErrorCode::kNotFound, "prepared.unknown", id.substr(0, 2 * kKeptIdSize)};
}

std::optional<base::Bytes> IdBytes(const std::string& id) {
  auto bytes = base::HexDecode(id);
  if (!bytes || bytes->size() != kKeptIdSize || base::HexEncode(*bytes) != id) return std::nullopt;
  return bytes;
}

}  // namespace

base::Status PreparedStore::RemoveOld(const std::string& agency) {
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
    else if (entry.path().extension() != kDone &&
             IsKeptFor(agency, entry.path().filename().string()))
      ++waiting;
  }
  if (failed)
    return base::Error{base::ErrorCode::kUnavailable, "disk.unwritable", folder_.string()};
  if (waiting < kMaxWaiting) return base::Ok();
  return base::Error{base::ErrorCode::kUnavailable, "prepared.too-many", std::to_string(waiting)};
}

base::Result<std::string> PreparedStore::Put(const std::string& agency,
                                             const SealedContent& state) {
  RETURN_IF_ERROR(RemoveOld(agency));
  const base::Bytes owner = KeptId(agency, base::RandomBytes(kKeptIdSize));
  const std::string id = base::HexEncode(owner);
  RETURN_IF_ERROR(WriteSealedFile(folder_ / id, keys_, owner, state));
  return id;
}

base::Result<SealedContent> PreparedStore::Get(const std::string& id) {
  const auto owner = IdBytes(id);
  if (!owner) return Unknown(id);
  auto state = ReadSealedFile(folder_ / id, keys_, *owner);
  if (!state.ok()) return state.error().reason == "file.missing" ? Unknown(id) : state.error();
  const base::Time made{std::chrono::seconds(state.value().facts.Integer("made").value_or(0))};
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
