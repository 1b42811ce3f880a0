#include "vault/log_store.h"

#include <algorithm>
#include <string>

#include "vault/guard.h"
#include "vault/proof.h"

namespace vault {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::string_view kFormat = "edocvault-ledger/1";
constexpr std::string_view kFormatKey = "format";
constexpr std::string_view kHeadKey = "head";
constexpr std::size_t kNumberSize = 8;
constexpr std::size_t kHashSize = sizeof(base::Sha256Digest);

base::Bytes KeyOf(std::uint64_t number) {
  base::Bytes key;
  key.reserve(kNumberSize);
  base::AppendUint64(number, key);
  return key;
}

Error EntryDamaged(std::uint64_t entry, const char* what) {
  return {ErrorCode::kCorrupted, "ledger.entry-damaged",
          "entry " + std::to_string(entry) + ": " + what};
}

Error HeadDamaged(const std::string& what) {
  return {ErrorCode::kCorrupted, "ledger.head-damaged", what};
}

Error CheckpointDamaged(const char* what) {
  return {ErrorCode::kCorrupted, "checkpoint.damaged", std::string("kept checkpoint: ") + what};
}

Error NoCheckpoint(const char* what) {
  return {ErrorCode::kNotFound, "checkpoint.none", what};
}

// A row of the log: entry number, completed hashes by level, leaf data.
base::Result<LogReader::Row> RowOf(std::uint64_t entry, base::ByteSpan value) {
  const std::size_t hashes_size = CompletedBy(entry) * kHashSize;
  if (value.size() < kNumberSize + hashes_size) return EntryDamaged(entry, "too short");
  if (base::ReadUint64(value) != entry) return EntryDamaged(entry, "bears another number");
  return LogReader::Row{
      {entry}, value.subspan(kNumberSize, hashes_size), value.subspan(kNumberSize + hashes_size)};
}

base::Result<LogReader::Row> FindRow(const LmdbTransaction& transaction, LmdbTable log,
                                     std::uint64_t entry) {
  ASSIGN_OR_RETURN(const auto value, transaction.Get(log, KeyOf(entry)));
  if (!value) return EntryDamaged(entry, "missing");
  return RowOf(entry, *value);
}

base::Bytes EncodeHead(const Edge& edge) {
  base::Bytes head;
  base::AppendUint64(edge.size(), head);
  base::Append(edge.Root().span(), head);
  return head;
}

base::Status WriteFormat(const LmdbEnvironment& environment, const LogTables& tables) {
  ASSIGN_OR_RETURN(LmdbTransaction transaction, environment.BeginWrite());
  ASSIGN_OR_RETURN(const std::uint64_t rows, transaction.Count(tables.meta));
  if (rows != 0) return base::Ok();
  RETURN_IF_ERROR(transaction.Put(tables.meta, base::AsBytes(kFormatKey), base::AsBytes(kFormat)));
  RETURN_IF_ERROR(transaction.Put(tables.meta, base::AsBytes(kHeadKey), EncodeHead(Edge{})));
  return std::move(transaction).Commit();
}

}  // namespace

base::Result<LogEntry> LogReader::Read(EntryNumber entry) const {
  ASSIGN_OR_RETURN(const Row row, FindRow(transaction_, tables_.log, entry.value));
  const base::Sha256Digest leaf = LeafHash(row.encoded);
  if (leaf != row.Hash(0)) return EntryDamaged(entry.value, "leaf hash differs");
  return LogEntry{leaf, {row.encoded.begin(), row.encoded.end()}};
}

base::Result<base::Sha256Digest> LogReader::Node(const TreeNode& node) const {
  ASSIGN_OR_RETURN(const Row row, FindRow(transaction_, tables_.log, CompletingEntry(node)));
  return row.Hash(node.level);
}

base::Sha256Digest LogReader::Row::Hash(unsigned level) const {
  base::Sha256Digest hash;
  std::ranges::copy(hashes.subspan(level * kHashSize, kHashSize), hash.bytes.begin());
  return hash;
}

base::Status LogReader::ForEachRow(const std::function<base::Status(const Row&)>& visit) const {
  ASSIGN_OR_RETURN(LmdbCursor cursor, LmdbCursor::Open(transaction_, tables_.log));
  ASSIGN_OR_RETURN(auto found, cursor.SeekAtOrAfter(KeyOf(0)));
  for (std::uint64_t entry = 0; found; ++entry) {
    if (found->key.size() != kNumberSize || base::ReadUint64(found->key) != entry)
      return EntryDamaged(entry, "missing");
    ASSIGN_OR_RETURN(const Row row, RowOf(entry, found->value));
    RETURN_IF_ERROR(visit(row));
    ASSIGN_OR_RETURN(found, cursor.Next());
  }
  return base::Ok();
}

base::Result<std::optional<std::uint64_t>> LogReader::SizeOfCheckpointFrom(
    std::uint64_t size) const {
  ASSIGN_OR_RETURN(LmdbCursor cursor, LmdbCursor::Open(transaction_, tables_.checkpoint));
  ASSIGN_OR_RETURN(const auto row, cursor.SeekAtOrAfter(KeyOf(size)));
  if (!row) return std::optional<std::uint64_t>();
  if (row->key.size() != kNumberSize) return CheckpointDamaged("a key that is no number");
  return std::optional(base::ReadUint64(row->key));
}

base::Result<std::optional<Ledger::Checkpoint>> LogReader::CheckpointFrom(
    std::uint64_t size) const {
  ASSIGN_OR_RETURN(const auto found, SizeOfCheckpointFrom(size));
  if (!found) return std::optional<Ledger::Checkpoint>();
  ASSIGN_OR_RETURN(Ledger::Checkpoint checkpoint, CheckpointOf(KeyOf(*found)));
  return std::optional(std::move(checkpoint));
}

base::Result<base::Sha256Digest> LogReader::CheckedNode(const TreeNode& node) const {
  ASSIGN_OR_RETURN(const base::Sha256Digest hash, Node(node));
  if (node.level == 0) {
    RETURN_IF_ERROR(Read({node.index}));
    return hash;
  }
  ASSIGN_OR_RETURN(const base::Sha256Digest left, Node({node.level - 1, node.index * 2}));
  ASSIGN_OR_RETURN(const base::Sha256Digest right, Node({node.level - 1, node.index * 2 + 1}));
  if (NodeHash(left, right) != hash)
    return Error{ErrorCode::kCorrupted, "ledger.tree-damaged",
                 "node " + std::to_string(node.index) + " of level " + std::to_string(node.level) +
                     " does not fit its children"};
  return hash;
}

base::Status LogReader::CheckFormat() const {
  ASSIGN_OR_RETURN(const auto format, transaction_.Get(tables_.meta, base::AsBytes(kFormatKey)));
  if (!format || base::AsText(*format) != kFormat)
    return Error{ErrorCode::kCorrupted, "ledger.unknown-format", "not an " + std::string(kFormat)};
  return base::Ok();
}

base::Result<std::uint64_t> LogReader::CheckedSize() const {
  ASSIGN_OR_RETURN(const auto last, transaction_.Last(tables_.log));
  if (last && last->key.size() != kNumberSize) return HeadDamaged("last key is no number");
  const std::uint64_t size = last ? base::ReadUint64(last->key) + 1 : 0;
  ASSIGN_OR_RETURN(const std::uint64_t rows, transaction_.Count(tables_.log));
  if (rows != size)
    return HeadDamaged(std::to_string(rows) + " rows, last number " + std::to_string(size) + "-1");
  return size;
}

base::Status LogReader::CheckLastEntry(EntryNumber last) const {
  ASSIGN_OR_RETURN(const LogEntry entry, Read(last));
  base::Sha256Digest expected = entry.leaf;
  for (unsigned level = 1; level < CompletedBy(last.value); ++level) {
    const std::uint64_t index = last.value >> level;
    ASSIGN_OR_RETURN(const base::Sha256Digest left, Node({level - 1, index * 2}));
    expected = NodeHash(left, expected);
    ASSIGN_OR_RETURN(const base::Sha256Digest stored, Node({level, index}));
    if (stored != expected)
      return HeadDamaged("entry " + std::to_string(last.value) + ": node of level " +
                         std::to_string(level) + " does not fit its children");
  }
  return base::Ok();
}

base::Result<Edge> LogReader::CheckedEdge() const {
  RETURN_IF_ERROR(CheckFormat());
  ASSIGN_OR_RETURN(const std::uint64_t size, CheckedSize());
  if (size > 0) RETURN_IF_ERROR(CheckLastEntry({size - 1}));
  Digests peaks;
  for (const TreeNode& peak : PeaksOf(size)) {
    ASSIGN_OR_RETURN(const base::Sha256Digest hash, Node(peak));
    peaks.push_back(hash);
  }
  Edge edge(size, std::move(peaks));
  ASSIGN_OR_RETURN(const auto head, transaction_.Get(tables_.meta, base::AsBytes(kHeadKey)));
  if (!head || !std::ranges::equal(*head, EncodeHead(edge)))
    return HeadDamaged("size or root is not what the last commit noted");
  return edge;
}

base::Result<Ledger::Checkpoint> LogReader::CheckpointOf(base::ByteSpan key) const {
  ASSIGN_OR_RETURN(const auto kept, transaction_.Get(tables_.checkpoint, key));
  const auto note = kept ? Unguarded(GuardSize::kFull, key, *kept) : std::nullopt;
  if (!note || key.size() != kNumberSize) return CheckpointDamaged("note");
  Ledger::Checkpoint checkpoint{.size = base::ReadUint64(key), .note = base::ToString(*note)};
  ASSIGN_OR_RETURN(const auto stamp, transaction_.Get(tables_.stamp, key));
  if (!stamp) return checkpoint;
  const auto token = Unguarded(GuardSize::kFull, key, *stamp);
  if (!token) return CheckpointDamaged("time-stamp");
  checkpoint.stamp.assign(token->begin(), token->end());
  return checkpoint;
}

base::Result<Ledger::Checkpoint> LogReader::LatestCheckpoint() const {
  ASSIGN_OR_RETURN(const auto last, transaction_.Last(tables_.checkpoint));
  if (!last) return NoCheckpoint("none was kept yet");
  return CheckpointOf(last->key);
}

base::Result<Ledger::Checkpoint> LogReader::FirstStamped(std::uint64_t size) const {
  ASSIGN_OR_RETURN(LmdbCursor cursor, LmdbCursor::Open(transaction_, tables_.stamp));
  ASSIGN_OR_RETURN(const auto row, cursor.SeekAtOrAfter(KeyOf(size)));
  if (!row) return NoCheckpoint("none so large was stamped");
  return CheckpointOf(row->key);
}

base::Result<Ledger::Checkpoint> LogReader::LatestStamped() const {
  ASSIGN_OR_RETURN(const auto last, transaction_.Last(tables_.stamp));
  if (!last) return NoCheckpoint("none was stamped yet");
  return CheckpointOf(last->key);
}

base::Result<EntryNumber> LogWriter::Append(base::ByteSpan encoded,
                                            const base::Sha256Digest& leaf) {
  const EntryNumber entry{edge_.size()};
  base::Bytes value = KeyOf(entry.value);
  for (const base::Sha256Digest& hash : edge_.Append(leaf)) base::Append(hash.span(), value);
  base::Append(encoded, value);
  RETURN_IF_ERROR(transaction_.PutLast(tables_.log, KeyOf(entry.value), value));
  return entry;
}

base::Status LogWriter::Commit() && {
  RETURN_IF_ERROR(transaction_.Put(tables_.meta, base::AsBytes(kHeadKey), EncodeHead(edge_)));
  return std::move(transaction_).Commit();
}

base::Result<LogStore> LogStore::Open(const std::filesystem::path& directory,
                                      std::size_t max_bytes) {
  ASSIGN_OR_RETURN(LmdbEnvironment environment,
                   LmdbEnvironment::Open(directory, {.max_bytes = max_bytes, .synced = true}));
  LogTables tables;
  ASSIGN_OR_RETURN(tables.log, environment.Table("log"));
  ASSIGN_OR_RETURN(tables.meta, environment.Table("meta"));
  ASSIGN_OR_RETURN(tables.checkpoint, environment.Table("checkpoint"));
  ASSIGN_OR_RETURN(tables.stamp, environment.Table("stamp"));
  RETURN_IF_ERROR(WriteFormat(environment, tables));
  return LogStore(std::move(environment), tables);
}

base::Result<LogStore> LogStore::OpenCopy(const std::filesystem::path& directory) {
  ASSIGN_OR_RETURN(LmdbEnvironment environment,
                   LmdbEnvironment::Open(directory, {.max_bytes = 0, .read_only = true}));
  LogTables tables;
  ASSIGN_OR_RETURN(tables.log, environment.Table("log"));
  ASSIGN_OR_RETURN(tables.meta, environment.Table("meta"));
  ASSIGN_OR_RETURN(tables.checkpoint, environment.Table("checkpoint"));
  ASSIGN_OR_RETURN(tables.stamp, environment.Table("stamp"));
  return LogStore(std::move(environment), tables);
}

base::Result<LogReader> LogStore::BeginRead() const {
  ASSIGN_OR_RETURN(LmdbTransaction transaction, environment_.BeginRead());
  return LogReader(std::move(transaction), tables_);
}

base::Result<LogWriter> LogStore::BeginWrite(const Edge& edge) const {
  environment_.KeepAhead();
  ASSIGN_OR_RETURN(LmdbTransaction transaction, environment_.BeginWrite());
  return LogWriter(std::move(transaction), tables_, edge);
}

base::Status LogStore::Keep(LmdbTable table, std::uint64_t size, base::ByteSpan value) const {
  ASSIGN_OR_RETURN(LmdbTransaction transaction, environment_.BeginWrite());
  const base::Bytes key = KeyOf(size);
  RETURN_IF_ERROR(transaction.Put(table, key, Guarded(GuardSize::kFull, key, value)));
  return std::move(transaction).Commit();
}

base::Status LogStore::KeepCheckpoint(std::uint64_t size, std::string_view note) const {
  return Keep(tables_.checkpoint, size, base::AsBytes(note));
}

base::Status LogStore::KeepStamp(std::uint64_t size, base::ByteSpan token) const {
  return Keep(tables_.stamp, size, token);
}

}  // namespace vault
