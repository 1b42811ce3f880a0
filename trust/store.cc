#include "trust/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/file.h"
#include "base/unique_fd.h"

namespace trust {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorCode;
using base::Json;

constexpr std::string_view kUsageSchema = "edocvault.trust-use/1";
constexpr std::size_t kMaxObject = std::size_t{64} << 20U;
constexpr std::size_t kMaxRecord = std::size_t{16} << 20U;
constexpr std::size_t kMinPrefix = 8;

Error Damaged(const fs::path& path) {
  return {ErrorCode::kCorrupted, "trust.store-damaged", path.string()};
}

Error NoSnapshot(const std::string& what) {
  return {ErrorCode::kNotFound, "trust.no-snapshot", what};
}

// A link or a pipe in place of a file of ours is damage, whatever it leads to.
base::Result<base::Bytes> ReadOwn(const fs::path& path, std::size_t max_size) {
  const base::UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  if (!fd.valid() && errno == ENOENT)
    return Error{ErrorCode::kNotFound, "file.missing", path.string()};
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return Damaged(path);
  auto content = base::ReadFd(fd, max_size);
  if (!content.ok()) return Damaged(path);
  return content;
}

// Objects that a record names must be there, and be what their name says.
base::Result<base::Bytes> ReadObject(const fs::path& path, const base::Sha256Digest& digest) {
  auto content = ReadOwn(path, kMaxObject);
  if (!content.ok() || base::Sha256(content.value()) != digest) return Damaged(path);
  return content;
}

base::Result<Json> ReadJson(const fs::path& path) {
  ASSIGN_OR_RETURN(const base::Bytes text, ReadOwn(path, kMaxRecord));
  auto json = base::Json::Parse(base::AsText(text));
  if (!json.ok()) return Damaged(path);
  return json;
}

base::Status WriteJson(const fs::path& path, const Json& json) {
  return base::ReplaceFile(path, base::AsBytes(json.Dump() + "\n"), 0644);
}

base::Status MakeFolder(const fs::path& path) {
  std::error_code failure;
  fs::create_directories(path, failure);
  const base::UniqueFd parent{
      ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (failure || !parent.valid() || ::fsync(parent.get()) != 0)
    return Error{ErrorCode::kUnavailable, "disk.unwritable", path.string()};
  return base::Ok();
}

// One writer at a time; given back when it is closed.
base::Result<base::UniqueFd> Lock(const fs::path& path) {
  base::UniqueFd fd{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  while (fd.valid() && ::flock(fd.get(), LOCK_EX) != 0)
    if (errno != EINTR) return Error{ErrorCode::kUnavailable, "disk.unwritable", path.string()};
  if (!fd.valid()) return Error{ErrorCode::kUnavailable, "disk.unwritable", path.string()};
  return fd;
}

}  // namespace

base::Status RefuseUnverified(const Json& description) {
  constexpr std::array<std::string_view, 3> kFatal{"trust.list-refused", "trust.list-other-signer",
                                                   "trust.list-later"};
  const Json* findings = description.Find("findings");
  if (findings == nullptr || findings->AsArray() == nullptr) return base::Ok();
  for (const Json& finding : *findings->AsArray()) {
    const std::string code = finding.Text("code").value_or("");
    if (std::ranges::find(kFatal, code) != kFatal.end())
      return Error{ErrorCode::kInvalidInput, "trust.import-unverified",
                   code + " " + finding.Text("detail").value_or("")};
  }
  return base::Ok();
}

namespace {

// (territory, whether it is a list of lists) -> sequence number.
std::map<std::string, std::int64_t> SequencesOf(const Json& description) {
  std::map<std::string, std::int64_t> sequences;
  const Json* lists = description.Find("lists");
  if (lists == nullptr || lists->AsArray() == nullptr) return sequences;
  for (const Json& list : *lists->AsArray()) {
    const Json* of_lists = list.Find("listOfLists");
    const bool top = of_lists != nullptr && of_lists->AsBool() != nullptr && *of_lists->AsBool();
    sequences[list.Text("territory").value_or("") + (top ? " (list of lists)" : "")] =
        list.Integer("sequence").value_or(0);
  }
  return sequences;
}

base::Result<Snapshot> SnapshotOf(const ImportOrder& order) {
  Json json;
  const Json* members = order.description->Find("members");
  json.Set("schema", "edocvault.trust-snapshot/1");
  json.Set("created", base::FormatTime(order.now));
  json.Set("source", order.source);
  json.Set("members", members != nullptr ? *members : Json());
  json.Set("id", order.description->Text("snapshot").value_or(""));
  json.Set("olderAllowed", order.allow_older);
  return SnapshotFromJson(json);
}

}  // namespace

namespace {

std::string OlderThan(const std::map<std::string, std::int64_t>& old, const Json& after) {
  for (const auto& [list, sequence] : SequencesOf(after)) {
    const auto found = old.find(list);
    if (found != old.end() && sequence < found->second)
      return list + ": " + std::to_string(sequence) + " after " + std::to_string(found->second);
  }
  return {};
}

}  // namespace

std::string OlderList(const Json& before, const Json& after) {
  return OlderThan(SequencesOf(before), after);
}

// Canonical JSON: {"history":[{"at","snapshot","why"}],"latest","pinned","schema","sequences":
// {list: number}}.
struct Store::Usage {
  struct Line {
    base::Time at;
    std::string snapshot;
    std::string why;  // "import", "pin", "unpin"; for people.
  };
  std::vector<Line> history;
  std::string latest;
  std::optional<std::string> pinned;
  // The last number of each list that was ever imported: an import without a list does not make
  // an older one of it welcome later.
  std::map<std::string, std::int64_t> sequences;
};

base::Result<Store::Usage> Store::ReadUsage() const {
  const fs::path path = root_ / "current";
  const auto json = ReadJson(path);
  if (!json.ok() && json.error().code == ErrorCode::kNotFound) return Usage{};
  if (!json.ok()) return json.error();
  Usage usage;
  usage.latest = json.value().Text("latest").value_or("");
  usage.pinned = json.value().Text("pinned");
  const Json* history = json.value().Find("history");
  if (json.value().Text("schema") != kUsageSchema || history == nullptr ||
      history->AsArray() == nullptr || !IsId(usage.latest) ||
      (usage.pinned && !IsId(*usage.pinned)))
    return Damaged(path);
  for (const Json& one : *history->AsArray()) {
    const auto at = base::ParseTime(one.Text("at").value_or(""));
    const std::string id = one.Text("snapshot").value_or("");
    if (!at || !IsId(id)) return Damaged(path);
    usage.history.push_back({*at, id, one.Text("why").value_or("")});
  }
  if (const Json* sequences = json.value().Find("sequences")) {
    if (sequences->AsObject() == nullptr) return Damaged(path);
    for (const auto& [list, number] : *sequences->AsObject()) {
      if (number.AsInteger() == nullptr) return Damaged(path);
      usage.sequences[list] = *number.AsInteger();
    }
  }
  if (usage.history.empty() || usage.history.back().snapshot != usage.pinned.value_or(usage.latest))
    return Damaged(path);
  return usage;
}

base::Status Store::WriteUsage(const Usage& usage) const {
  Json history = Json::Array{};
  for (const Usage::Line& line : usage.history) {
    Json one;
    one.Set("at", base::FormatTime(line.at));
    one.Set("snapshot", line.snapshot);
    one.Set("why", line.why);
    history.Push(std::move(one));
  }
  Json json;
  json.Set("history", std::move(history));
  json.Set("latest", usage.latest);
  json.Set("pinned", usage.pinned ? Json(*usage.pinned) : Json());
  json.Set("schema", kUsageSchema);
  Json sequences = Json::Object{};
  for (const auto& [list, number] : usage.sequences) sequences.Set(list, number);
  json.Set("sequences", std::move(sequences));
  return WriteJson(root_ / "current", json);
}

base::Status Store::Prepare() const {
  RETURN_IF_ERROR(MakeFolder(root_));
  RETURN_IF_ERROR(MakeFolder(root_ / "objects"));
  return MakeFolder(root_ / "snapshots");
}

base::Status Store::RefuseOlder(const ImportOrder& order, const Usage& usage) const {
  if (usage.latest.empty() || !order.allow_older.empty()) return base::Ok();
  if (order.latest == nullptr || order.latest->Text("snapshot") != usage.latest)
    return Error{ErrorCode::kConflict, "trust.import-raced",
                 "the latest import is " + usage.latest};
  std::string older = OlderList(*order.latest, *order.description);
  if (older.empty()) older = OlderThan(usage.sequences, *order.description);
  if (!older.empty()) return Error{ErrorCode::kConflict, "trust.import-older", older};
  return base::Ok();
}

base::Status Store::KeepObjects(const ImportOrder& order, const Snapshot& snapshot) const {
  std::map<base::Sha256Digest, const base::Bytes*> files;
  for (const File& file : *order.files) files.emplace(base::Sha256(file.bytes), &file.bytes);
  for (const Member& member : snapshot.members) {
    const fs::path path = root_ / "objects" / base::HexEncode(member.sha256.span());
    const auto file = files.find(member.sha256);
    if (file == files.end()) return Damaged(path);
    const auto there = ReadOwn(path, kMaxObject);
    if (there.ok() && there.value() == *file->second) continue;
    if (there.ok() || there.error().code != ErrorCode::kNotFound) return Damaged(path);
    RETURN_IF_ERROR(base::ReplaceFile(path, *file->second, 0444));
  }
  return base::Ok();
}

base::Result<Snapshot> Store::KeepRecord(Snapshot snapshot) const {
  auto there = Read(snapshot.id);
  if (there.ok() || there.error().code != ErrorCode::kNotFound) return there;
  RETURN_IF_ERROR(
      WriteJson(root_ / "snapshots" / (snapshot.id + ".json"), SnapshotToJson(snapshot)));
  return snapshot;
}

base::Result<Snapshot> Store::Import(const ImportOrder& order) const {
  RETURN_IF_ERROR(RefuseUnverified(*order.description));
  ASSIGN_OR_RETURN(Snapshot snapshot, SnapshotOf(order));
  if (snapshot.members.empty())
    return Error{ErrorCode::kInvalidInput, "trust.nothing-usable", "no list, no certificate"};
  RETURN_IF_ERROR(Prepare());
  ASSIGN_OR_RETURN(const base::UniqueFd lock, Lock(root_ / "lock"));
  ASSIGN_OR_RETURN(Usage usage, ReadUsage());
  RETURN_IF_ERROR(RefuseOlder(order, usage));
  RETURN_IF_ERROR(KeepObjects(order, snapshot));
  ASSIGN_OR_RETURN(snapshot, KeepRecord(std::move(snapshot)));
  const bool same = usage.latest == snapshot.id;
  usage.latest = snapshot.id;
  const std::string why =
      order.allow_older.empty() ? "import" : "import, older allowed: " + order.allow_older;
  const auto before = usage.sequences;
  for (const auto& [list, number] : SequencesOf(*order.description)) usage.sequences[list] = number;
  if (!usage.pinned && !same) usage.history.push_back({order.now, snapshot.id, why});
  if (!same || usage.sequences != before) RETURN_IF_ERROR(WriteUsage(usage));
  return snapshot;
}

base::Result<std::string> Store::Resolve(const std::string& word) const {
  if (word == "current") return Current();
  ASSIGN_OR_RETURN(const Usage usage, ReadUsage());
  if (word == "latest") {
    if (usage.latest.empty()) return NoSnapshot(root_.string());
    return usage.latest;
  }
  if (word.size() < kMinPrefix || word.find_first_not_of("0123456789abcdef") != std::string::npos)
    return NoSnapshot(word);
  std::vector<std::string> found;
  ASSIGN_OR_RETURN(const auto all, List());
  for (const Snapshot& one : all)
    if (one.id.starts_with(word)) found.push_back(one.id);
  if (found.size() != 1) return NoSnapshot(word);
  return found.front();
}

base::Result<Snapshot> Store::Read(const std::string& id) const {
  if (!IsId(id)) return NoSnapshot(id);
  const fs::path path = root_ / "snapshots" / (id + ".json");
  const auto json = ReadJson(path);
  if (!json.ok() && json.error().code == ErrorCode::kNotFound) return NoSnapshot(id);
  if (!json.ok()) return json.error();
  ASSIGN_OR_RETURN(Snapshot snapshot, SnapshotFromJson(json.value()));
  if (snapshot.id != id) return Damaged(path);
  return snapshot;
}

base::Result<Files> Store::ReadFiles(const Snapshot& snapshot) const {
  Files files;
  for (const Member& member : snapshot.members) {
    ASSIGN_OR_RETURN(
        base::Bytes bytes,
        ReadObject(root_ / "objects" / base::HexEncode(member.sha256.span()), member.sha256));
    files.push_back({member.name, std::move(bytes)});
  }
  return files;
}

base::Result<std::vector<Snapshot>> Store::List() const {
  std::vector<Snapshot> all;
  std::error_code failure;
  fs::directory_iterator at(root_ / "snapshots", failure);
  for (; !failure && at != fs::directory_iterator(); at.increment(failure)) {
    const std::string id = at->path().stem().string();
    if (at->path().extension() != ".json" || !IsId(id)) continue;  // What a power cut left.
    ASSIGN_OR_RETURN(Snapshot snapshot, Read(id));
    all.push_back(std::move(snapshot));
  }
  if (failure && failure != std::errc::no_such_file_or_directory) return Damaged(root_);
  std::ranges::sort(all, {}, [](const Snapshot& one) { return std::pair(one.created, one.id); });
  return all;
}

base::Result<std::string> Store::Current() const {
  ASSIGN_OR_RETURN(const Usage usage, ReadUsage());
  if (usage.history.empty()) return NoSnapshot(root_.string());
  return usage.history.back().snapshot;
}

base::Result<std::string> Store::CurrentAt(base::Time time) const {
  ASSIGN_OR_RETURN(const Usage usage, ReadUsage());
  for (auto line = usage.history.rbegin(); line != usage.history.rend(); ++line)
    if (line->at <= time) return line->snapshot;
  return NoSnapshot("none at " + base::FormatTime(time));
}

base::Result<std::optional<std::string>> Store::Latest() const {
  ASSIGN_OR_RETURN(const Usage usage, ReadUsage());
  if (usage.latest.empty()) return std::optional<std::string>();
  return std::optional(usage.latest);
}

base::Result<std::optional<std::string>> Store::Pinned() const {
  ASSIGN_OR_RETURN(const Usage usage, ReadUsage());
  return usage.pinned;
}

base::Status Store::Pin(const std::string& id, base::Time now) const {
  ASSIGN_OR_RETURN(const Snapshot snapshot, Read(id));
  ASSIGN_OR_RETURN(const Files whole, ReadFiles(snapshot));
  ASSIGN_OR_RETURN(const base::UniqueFd lock, Lock(root_ / "lock"));
  ASSIGN_OR_RETURN(Usage usage, ReadUsage());
  usage.pinned = id;
  if (usage.latest.empty()) usage.latest = id;
  usage.history.push_back({now, id, "pin"});
  return WriteUsage(usage);
}

base::Status Store::Unpin(base::Time now) const {
  ASSIGN_OR_RETURN(Usage before, ReadUsage());
  if (before.latest.empty()) return NoSnapshot(root_.string());
  ASSIGN_OR_RETURN(const base::UniqueFd lock, Lock(root_ / "lock"));
  ASSIGN_OR_RETURN(Usage usage, ReadUsage());
  if (!usage.pinned) return base::Ok();
  usage.pinned.reset();
  usage.history.push_back({now, usage.latest, "unpin"});
  return WriteUsage(usage);
}

}  // namespace trust
