#include "vault/backup_parts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "base/json.h"
#include "vault/signed_note.h"

namespace vault {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorCode;

constexpr std::string_view kFormat = "edocvault-backup/1";
constexpr std::size_t kMaxManifest = std::size_t{64} << 10U;
constexpr std::size_t kFolderDigits = 8;
constexpr mode_t kMode = 0600;

Error FromErrno(const char* operation, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return {ErrorCode::kUnavailable, full ? "disk.full" : "disk.unwritable",
          std::string("backup ") + operation + ": " +
              std::strerror(error)};  // NOLINT(concurrency-mt-unsafe): glibc's is
}

base::Json ToJson(const BackupPart& part) {
  return base::Json()
      .Set("size", static_cast<std::int64_t>(part.size))
      .Set("sha256", base::HexEncode(part.sha256.bytes));
}

std::optional<base::Sha256Digest> DigestIn(const base::Json& json, std::string_view name) {
  const auto bytes = base::HexDecode(json.Text(name).value_or("?"));
  return bytes ? base::ToSha256Digest(*bytes) : std::nullopt;
}

std::optional<std::uint64_t> NumberIn(const base::Json& json, std::string_view name) {
  const auto number = json.Integer(name);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::optional<BackupPart> PartIn(const base::Json& json, std::string_view name) {
  const base::Json* const part = json.Find(name);
  if (part == nullptr) return std::nullopt;
  const auto size = NumberIn(*part, "size");
  const auto sha256 = DigestIn(*part, "sha256");
  if (!size || !sha256) return std::nullopt;
  return BackupPart{*size, *sha256};
}

// Numbers of the backups in the set, in any order.
base::Result<std::vector<std::uint64_t>> NumbersIn(const fs::path& set) {
  std::vector<std::uint64_t> numbers;
  std::error_code error;
  for (fs::directory_iterator file(set, error), end; !error && file != end; file.increment(error)) {
    const std::string name = file->path().filename().string();
    const std::size_t digit = std::min(name.find_first_not_of('0'), name.size());
    const auto number = ParseDecimal(std::string_view(name).substr(digit));
    if (number && BackupFolder(*number) == name) numbers.push_back(*number);
  }
  if (!error) return numbers;
  return Error{ErrorCode::kUnavailable, "disk.unwritable", set.string() + ": " + error.message()};
}

}  // namespace

std::string BackupFolder(std::uint64_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < kFolderDigits) digits.insert(0, kFolderDigits - digits.size(), '0');
  return digits;
}

Error BackupDamaged(std::uint64_t number, const std::string& what) {
  return {ErrorCode::kCorrupted, "backup.damaged",
          "backup " + std::to_string(number) + ": " + what};
}

std::string BackupManifest::Text() const {
  base::Json json;
  json.Set("format", kFormat);
  json.Set("number", static_cast<std::int64_t>(number));
  json.Set("previous", previous ? base::HexEncode(previous->bytes) : std::string());
  json.Set("madeAt", base::FormatTime(made_at));
  json.Set("from", static_cast<std::int64_t>(from));
  json.Set("to", static_cast<std::int64_t>(to));
  json.Set("log", ToJson(log));
  json.Set("keys", ToJson(keys));
  json.Set("checkpoint", checkpoint);
  return json.Dump() + "\n";
}

std::optional<BackupManifest> BackupManifest::Parse(std::string_view text) {
  const auto parsed = base::Json::Parse(text);
  if (!parsed.ok()) return std::nullopt;
  const base::Json& json = parsed.value();
  const auto made_at = base::ParseTime(json.Text("madeAt").value_or(""));
  const auto number = NumberIn(json, "number");
  const auto from = NumberIn(json, "from");
  const auto to = NumberIn(json, "to");
  const auto log = PartIn(json, "log");
  const auto keys = PartIn(json, "keys");
  if (!made_at || !number || !from || !to || !log || !keys) return std::nullopt;
  BackupManifest manifest{.number = *number,
                          .previous = DigestIn(json, "previous"),
                          .made_at = *made_at,
                          .from = *from,
                          .to = *to,
                          .log = *log,
                          .keys = *keys,
                          .checkpoint = json.Text("checkpoint").value_or("")};
  if (manifest.Text() != text) return std::nullopt;
  return manifest;
}

base::Result<std::vector<ChainLink>> ReadBackupChain(const fs::path& set) {
  ASSIGN_OR_RETURN(std::vector<std::uint64_t> numbers, NumbersIn(set));
  std::ranges::sort(numbers);
  std::vector<ChainLink> chain;
  for (const std::uint64_t number : numbers) {
    if (number != chain.size() + 1) return BackupDamaged(chain.size() + 1, "it is missing");
    const auto text = base::ReadFile(set / BackupFolder(number) / kManifestFile, kMaxManifest);
    if (!text.ok()) return BackupDamaged(number, "no manifest: " + text.error().message);
    const auto manifest = BackupManifest::Parse(base::AsText(text.value()));
    if (!manifest || manifest->number != number) return BackupDamaged(number, "its manifest");
    const auto previous =
        chain.empty() ? std::nullopt : std::optional<base::Sha256Digest>(chain.back().sha256);
    const std::uint64_t from = chain.empty() ? 0 : chain.back().manifest.to;
    if (manifest->previous != previous || manifest->from != from || manifest->to < from)
      return BackupDamaged(number, "it does not follow the one before");
    chain.push_back({*manifest, base::Sha256(text.value())});
  }
  return chain;
}

base::Result<PartWriter> PartWriter::Create(const fs::path& file) {
  base::UniqueFd fd{::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode)};
  if (!fd.valid()) return FromErrno("create", errno);
  return PartWriter(std::move(fd));
}

base::Status PartWriter::Put(base::ByteSpan bytes) {
  hash_.Update(bytes);
  size_ += bytes.size();
  base::Append(bytes, waiting_);
  return waiting_.size() < PartReader::kMostAtOnce ? base::Ok() : Flush();
}

base::Status PartWriter::PutNumber(std::uint64_t number, unsigned width) {
  base::Bytes bytes;
  for (unsigned shift = 8 * width; shift > 0; shift -= 8)
    bytes.push_back(static_cast<std::uint8_t>(number >> (shift - 8)));
  return Put(bytes);
}

base::Status PartWriter::Flush() {
  base::ByteSpan rest = waiting_;
  while (!rest.empty()) {
    const ssize_t written = ::write(fd_.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FromErrno("write", errno);
    rest = rest.subspan(static_cast<std::size_t>(written));
  }
  waiting_.clear();
  return base::Ok();
}

base::Result<BackupPart> PartWriter::Finish() && {
  RETURN_IF_ERROR(Flush());
  if (::fdatasync(fd_.get()) != 0) return FromErrno("sync", errno);
  return BackupPart{size_, std::move(hash_).Finish()};
}

base::Result<PartReader> PartReader::Open(const fs::path& file, std::uint64_t number,
                                          const BackupPart& expected) {
  base::UniqueFd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd.valid()) return BackupDamaged(number, file.filename().string() + " cannot be opened");
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || static_cast<std::uint64_t>(info.st_size) != expected.size)
    return BackupDamaged(number, file.filename().string() + " has another size");
  return PartReader(std::move(fd), number, expected);
}

base::Status PartReader::Fill() {
  ahead_.resize(std::min(expected_.size - read_, kMostAtOnce));
  used_ = 0;
  for (std::size_t got = 0; got < ahead_.size();) {
    const ssize_t more = ::read(fd_.get(), ahead_.data() + got, ahead_.size() - got);
    if (more < 0 && errno == EINTR) continue;
    if (more <= 0) return BackupDamaged(number_, "a part ends early or cannot be read");
    got += static_cast<std::size_t>(more);
  }
  read_ += ahead_.size();
  hash_.Update(ahead_);
  return base::Ok();
}

base::Result<base::Bytes> PartReader::Take(std::uint64_t size) {
  if (size > left() || size > kMostAtOnce) return BackupDamaged(number_, "a length in a part");
  base::Bytes taken;
  taken.reserve(size);
  while (taken.size() < size) {
    if (used_ == ahead_.size()) RETURN_IF_ERROR(Fill());
    const std::size_t some = std::min<std::size_t>(size - taken.size(), ahead_.size() - used_);
    base::Append(base::ByteSpan(ahead_).subspan(used_, some), taken);
    used_ += some;
  }
  at_ += size;
  return taken;
}

base::Result<std::uint64_t> PartReader::TakeNumber(unsigned width) {
  ASSIGN_OR_RETURN(const base::Bytes bytes, Take(width));
  std::uint64_t number = 0;
  for (const std::uint8_t byte : bytes) number = (number << 8U) | byte;
  return number;
}

base::Status PartReader::Finish() && {
  if (left() == 0 && std::move(hash_).Finish() == expected_.sha256) return base::Ok();
  return BackupDamaged(number_, "a part is not what its manifest says");
}

}  // namespace vault
