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

// A row of the log: entry number, completed hashes by level, leaf data.
struct LogRow {
  base::ByteSpan hashes;
  base::ByteSpan encoded;
  base::Sha256Digest Hash(unsigned level) const {
    return *base::ToSha256Digest(hashes.subspan(level * kHashSize, kHashSize));
  }
};

base::Result<LogRow> FindRow(const LmdbTransaction& transaction, LmdbTable log,
                             std::uint64_t entry) {
  ASSIGN_OR_RETURN(const auto value, transaction.Get(log, KeyOf(entry)));
  if (!value) return EntryDamaged(entry, "missing");
  const std::size_t hashes_size = CompletedBy(entry) * kHashSize;
  if (value->size() < kNumberSize + hashes_size) return EntryDamaged(entry, "too short");
  if (base::ReadUint64(*value) != entry) return EntryDamaged(entry, "bears another number");
  return LogRow{value->subspan(kNumberSize, hashes_size),
                value->subspan(kNumberSize + hashes_size)};
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
  ASSIGN_OR_RETURN(const LogRow row, FindRow(transaction_, tables_.log, entry.value));
  const base::Sha256Digest leaf = LeafHash(row.encoded);
  if (leaf != row.Hash(0)) return EntryDamaged(entry.value, "leaf hash differs");
  return LogEntry{leaf, {row.encoded.begin(), row.encoded.end()}};
}

base::Result<base::Sha256Digest> LogReader::Node(const TreeNode& node) const {
  ASSIGN_OR_RETURN(const LogRow row, FindRow(transaction_, tables_.log, CompletingEntry(node)));
  return row.Hash(node.level);
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

base::Result<Ledger::Checkpoint> LogReader::LatestCheckpoint() const {
  ASSIGN_OR_RETURN(const auto last, transaction_.Last(tables_.checkpoint));
  if (!last) return Error{ErrorCode::kNotFound, "checkpoint.none", "no checkpoint was kept yet"};
  const auto note = Unguarded(GuardSize::kFull, last->key, last->value);
  if (!note || last->key.size() != kNumberSize)
    return Error{ErrorCode::kCorrupted, "checkpoint.damaged", "the newest kept checkpoint"};
  return Ledger::Checkpoint{base::ReadUint64(last->key), base::ToString(*note)};
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
  RETURN_IF_ERROR(WriteFormat(environment, tables));
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

base::Status LogStore::KeepCheckpoint(std::uint64_t size, std::string_view note) const {
  ASSIGN_OR_RETURN(LmdbTransaction transaction, environment_.BeginWrite());
  const base::Bytes key = KeyOf(size);
  const base::Bytes value = Guarded(GuardSize::kFull, key, base::AsBytes(note));
  RETURN_IF_ERROR(transaction.Put(tables_.checkpoint, key, value));
  return std::move(transaction).Commit();
}

}  // namespace vault
