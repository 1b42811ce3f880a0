#include "vault/ledger.h"

#include <string>
#include <utility>

#include "base/unique_fd.h"
#include "vault/directory.h"
#include "vault/group_writer.h"
#include "vault/index.h"
#include "vault/index_feed.h"
#include "vault/log_store.h"
#include "vault/proof.h"
#include "vault/record_codec.h"

namespace vault {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kMaxPage = 1000;

Error RecordUnknown(const std::string& what) {
  return {ErrorCode::kNotFound, "record.unknown", what};
}

Error OutOfRange(const std::string& what) {
  return {ErrorCode::kInvalidInput, "proof.out-of-range", what};
}

NodeReader NodesOf(const LogReader& reader) {
  return [&reader](const TreeNode& node) { return reader.Node(node); };
}

// The head of `size`, proven against `now`, which was checked at open and kept in memory
// since. Stored node hashes have no check of their own; this is it.
base::Result<TreeHead> ProvenHead(const LogReader& reader, std::uint64_t size,
                                  const TreeHead& now) {
  ASSIGN_OR_RETURN(const base::Sha256Digest root, RootAt(size, NodesOf(reader)));
  ASSIGN_OR_RETURN(const Digests path, ConsistencyPath(size, now.size, NodesOf(reader)));
  if (!IsConsistent({size, root}, {now.size, now.root}, path))
    return Error{ErrorCode::kCorrupted, "ledger.tree-damaged",
                 "the tree of " + std::to_string(size) + " does not fit the one of " +
                     std::to_string(now.size)};
  return TreeHead{size, root};
}

class LedgerOnDisk final : public Ledger {
 public:
  struct Parts {
    base::UniqueFd lock;
    LogStore log;
    std::unique_ptr<Index> index;
    Edge edge;
  };

  LedgerOnDisk(Parts parts, std::size_t queue_limit)
      : parts_(std::move(parts)),
        feed_(*parts_.index),
        writer_({parts_.log, feed_}, parts_.edge, queue_limit) {}

  base::Result<Appended> Append(Record record) override {
    std::vector<Record> one;
    one.push_back(std::move(record));
    ASSIGN_OR_RETURN(const std::vector<Appended> appended, writer_.Append(std::move(one)));
    return appended.front();
  }
  base::Result<std::vector<Appended>> AppendAll(std::vector<Record> records) override {
    if (records.empty() || records.size() > kMostAtOnce)
      return Error{ErrorCode::kInvalidInput, "record.bad-count", std::to_string(records.size())};
    return writer_.Append(std::move(records));
  }
  base::Result<TreeHead> Head() const override { return writer_.Head(); }

  base::Result<StoredRecord> Read(EntryNumber entry) const override;
  base::Result<StoredRecord> ReadWithNodes(EntryNumber entry) const override;
  base::Result<StoredRecord> Find(const RecordId& id) const override;
  base::Result<ClientId> FindClient(const base::Sha256Digest& alias_mac) const override;
  base::Result<bool> HasClient(const ClientId& client) const override;
  base::Result<HistoryPage> History(const HistoryQuery& query) const override;
  base::Result<Digests> InclusionProof(EntryNumber entry, std::uint64_t size) const override;
  base::Result<TreeHead> HeadAt(std::uint64_t size) const override;
  base::Result<Digests> ConsistencyProof(std::uint64_t old_size, std::uint64_t size) const override;
  base::Result<base::Bytes> TileHashes(const Tile& tile) const override;
  base::Result<base::Bytes> TileEntries(const Tile& tile) const override;
  base::Status KeepCheckpoint(std::uint64_t size, std::string_view note) override;
  base::Status KeepStamp(std::uint64_t size, base::ByteSpan token) override;
  base::Result<Checkpoint> LatestCheckpoint() const override;
  base::Result<Checkpoint> FirstStamped(std::uint64_t size) const override;
  base::Result<Checkpoint> LatestStamped() const override;

 private:
  static base::Result<StoredRecord> ReadFrom(const LogReader& reader, EntryNumber entry);
  base::Result<StoredRecord> ReadIndexed(EntryNumber entry) const;
  base::Status RequireTile(const Tile& tile) const;
  base::Status Kept(const base::Status& kept);

  Parts parts_;
  IndexFeed feed_;
  GroupWriter writer_;  // Ends first: it uses the others.
};

base::Result<StoredRecord> LedgerOnDisk::ReadFrom(const LogReader& reader, EntryNumber entry) {
  ASSIGN_OR_RETURN(LogEntry stored, reader.Read(entry));
  ASSIGN_OR_RETURN(Record record, DecodeRecord(stored.encoded));
  return StoredRecord{entry, std::move(record), std::move(stored.encoded)};
}

base::Result<StoredRecord> LedgerOnDisk::Read(EntryNumber entry) const {
  if (entry.value >= writer_.Head().size)
    return RecordUnknown("no entry " + std::to_string(entry.value));
  ASSIGN_OR_RETURN(const LogReader reader, parts_.log.BeginRead());
  return ReadFrom(reader, entry);
}

base::Result<StoredRecord> LedgerOnDisk::ReadWithNodes(EntryNumber entry) const {
  if (entry.value >= writer_.Head().size)
    return RecordUnknown("no entry " + std::to_string(entry.value));
  ASSIGN_OR_RETURN(const LogReader reader, parts_.log.BeginRead());
  for (unsigned level = 1; level < CompletedBy(entry.value); ++level)
    RETURN_IF_ERROR(reader.CheckedNode({level, entry.value >> level}));
  return ReadFrom(reader, entry);
}

// An entry that the index named a moment ago; the head may be behind it still.
base::Result<StoredRecord> LedgerOnDisk::ReadIndexed(EntryNumber entry) const {
  ASSIGN_OR_RETURN(const LogReader reader, parts_.log.BeginRead());
  return ReadFrom(reader, entry);
}

base::Result<StoredRecord> LedgerOnDisk::Find(const RecordId& id) const {
  RETURN_IF_ERROR(feed_.AwaitAll());
  ASSIGN_OR_RETURN(const auto entry, parts_.index->FindRecord(id));
  if (!entry) return RecordUnknown("no record " + id.Text());
  ASSIGN_OR_RETURN(StoredRecord found, ReadIndexed(*entry));
  if (found.record.id != id) return parts_.index->Damaged("record " + id.Text());
  return found;
}

base::Result<ClientId> LedgerOnDisk::FindClient(const base::Sha256Digest& alias_mac) const {
  RETURN_IF_ERROR(feed_.AwaitAll());
  ASSIGN_OR_RETURN(const auto entry, parts_.index->FindAlias(alias_mac));
  if (!entry) return Error{ErrorCode::kNotFound, "client.unknown", "no client has this alias"};
  ASSIGN_OR_RETURN(const StoredRecord found, ReadIndexed(*entry));
  if (found.record.kind != RecordKind::kClient || found.record.commitment != alias_mac)
    return parts_.index->Damaged("alias of entry " + std::to_string(entry->value));
  return found.record.client;
}

base::Result<bool> LedgerOnDisk::HasClient(const ClientId& client) const {
  RETURN_IF_ERROR(feed_.AwaitAll());
  return parts_.index->HasClient(client);
}

base::Result<HistoryPage> LedgerOnDisk::History(const HistoryQuery& query) const {
  if (query.limit < 1 || query.limit > kMaxPage)
    return Error{ErrorCode::kInvalidInput, "history.bad-limit", std::to_string(query.limit)};
  RETURN_IF_ERROR(feed_.AwaitAll());
  ASSIGN_OR_RETURN(const IndexPage listed, parts_.index->List(query));
  // Begun after the index was read, so it holds all that the index names.
  ASSIGN_OR_RETURN(const LogReader reader, parts_.log.BeginRead());
  HistoryPage page;
  page.next = listed.next;
  page.records.reserve(listed.entries.size());
  for (const EntryNumber entry : listed.entries) {
    ASSIGN_OR_RETURN(StoredRecord stored, ReadFrom(reader, entry));
    if (stored.record.client != query.client || (query.kind && stored.record.kind != *query.kind))
      return parts_.index->Damaged("entry " + std::to_string(entry.value) + " in a wrong history");
    page.records.push_back(std::move(stored));
  }
  return page;
}

base::Result<Digests> LedgerOnDisk::InclusionProof(EntryNumber entry, std::uint64_t size) const {
  const TreeHead now = writer_.Head();
  if (entry.value >= size || size > now.size)
    return OutOfRange("entry " + std::to_string(entry.value) + " in a tree of " +
                      std::to_string(size));
  ASSIGN_OR_RETURN(const LogReader reader, parts_.log.BeginRead());
  ASSIGN_OR_RETURN(const TreeHead head, ProvenHead(reader, size, now));
  ASSIGN_OR_RETURN(const LogEntry stored, reader.Read(entry));
  ASSIGN_OR_RETURN(Digests path, InclusionPath(entry.value, size, NodesOf(reader)));
  if (RootFromInclusion(stored.leaf, entry.value, size, path) != head.root)
    return Error{ErrorCode::kCorrupted, "ledger.tree-damaged",
                 "entry " + std::to_string(entry.value) + " does not lead to its root"};
  return path;
}

base::Result<TreeHead> LedgerOnDisk::HeadAt(std::uint64_t size) const {
  const TreeHead now = writer_.Head();
  if (size > now.size) return OutOfRange("a tree of " + std::to_string(size));
  ASSIGN_OR_RETURN(const LogReader reader, parts_.log.BeginRead());
  return ProvenHead(reader, size, now);
}

base::Result<Digests> LedgerOnDisk::ConsistencyProof(std::uint64_t old_size,
                                                     std::uint64_t size) const {
  const TreeHead now = writer_.Head();
  if (old_size > size || size > now.size)
    return OutOfRange("trees of " + std::to_string(old_size) + " and " + std::to_string(size));
  ASSIGN_OR_RETURN(const LogReader reader, parts_.log.BeginRead());
  ASSIGN_OR_RETURN(const TreeHead old, ProvenHead(reader, old_size, now));
  ASSIGN_OR_RETURN(const TreeHead head, ProvenHead(reader, size, now));
  ASSIGN_OR_RETURN(Digests path, ConsistencyPath(old_size, size, NodesOf(reader)));
  if (!IsConsistent({old.size, old.root}, {head.size, head.root}, path))
    return Error{ErrorCode::kCorrupted, "ledger.tree-damaged",
                 "no proof from " + std::to_string(old_size) + " to " + std::to_string(size)};
  return path;
}

base::Status LedgerOnDisk::RequireTile(const Tile& tile) const {
  if (IsTileOf(tile, writer_.Head().size)) return base::Ok();
  return Error{ErrorCode::kNotFound, "tile.unknown", TilePath(tile)};
}

base::Result<base::Bytes> LedgerOnDisk::TileHashes(const Tile& tile) const {
  RETURN_IF_ERROR(RequireTile(tile));
  ASSIGN_OR_RETURN(const LogReader reader, parts_.log.BeginRead());
  base::Bytes hashes;
  for (std::uint64_t i = 0; i < tile.width; ++i) {
    const TreeNode node{tile.level * kTileHeight, tile.index * kTileWidth + i};
    ASSIGN_OR_RETURN(const base::Sha256Digest hash, reader.CheckedNode(node));
    base::Append(hash.span(), hashes);
  }
  return hashes;
}

base::Result<base::Bytes> LedgerOnDisk::TileEntries(const Tile& tile) const {
  RETURN_IF_ERROR(RequireTile({0, tile.index, tile.width}));
  ASSIGN_OR_RETURN(const LogReader reader, parts_.log.BeginRead());
  base::Bytes bundle;
  for (std::uint64_t i = 0; i < tile.width; ++i) {
    ASSIGN_OR_RETURN(const LogEntry entry, reader.Read({tile.index * kTileWidth + i}));
    bundle.push_back(static_cast<std::uint8_t>(entry.encoded.size() >> 8U));
    bundle.push_back(static_cast<std::uint8_t>(entry.encoded.size() & 0xFFU));
    base::Append(entry.encoded, bundle);
  }
  return bundle;
}

base::Status LedgerOnDisk::Kept(const base::Status& kept) {
  if (!kept.ok() && kept.error().code == ErrorCode::kOutcomeUnknown) writer_.Stop();
  return kept;
}

base::Status LedgerOnDisk::KeepCheckpoint(std::uint64_t size, std::string_view note) {
  if (size > writer_.Head().size) return OutOfRange("a checkpoint of " + std::to_string(size));
  return Kept(parts_.log.KeepCheckpoint(size, note));
}

base::Status LedgerOnDisk::KeepStamp(std::uint64_t size, base::ByteSpan token) {
  if (size > writer_.Head().size) return OutOfRange("a time-stamp of " + std::to_string(size));
  return Kept(parts_.log.KeepStamp(size, token));
}

base::Result<Ledger::Checkpoint> LedgerOnDisk::LatestCheckpoint() const {
  ASSIGN_OR_RETURN(const LogReader reader, parts_.log.BeginRead());
  return reader.LatestCheckpoint();
}

base::Result<Ledger::Checkpoint> LedgerOnDisk::FirstStamped(std::uint64_t size) const {
  ASSIGN_OR_RETURN(const LogReader reader, parts_.log.BeginRead());
  return reader.FirstStamped(size);
}

base::Result<Ledger::Checkpoint> LedgerOnDisk::LatestStamped() const {
  ASSIGN_OR_RETURN(const LogReader reader, parts_.log.BeginRead());
  return reader.LatestStamped();
}

base::Result<Edge> CheckedEdgeOf(const LogStore& log) {
  ASSIGN_OR_RETURN(const LogReader reader, log.BeginRead());
  return reader.CheckedEdge();
}

}  // namespace

base::Result<std::unique_ptr<Ledger>> Ledger::Open(const std::filesystem::path& data,
                                                   const Options& options) {
  const auto ledger = data / "ledger";
  const auto index = data / "index";
  for (const auto& directory : {data, ledger}) RETURN_IF_ERROR(MakeDirectory(directory));
  ASSIGN_OR_RETURN(base::UniqueFd lock, LockFile(data / "lock"));
  ASSIGN_OR_RETURN(LogStore log, LogStore::Open(ledger, options.max_bytes));
  RETURN_IF_ERROR(SyncDirectory(ledger));  // LMDB syncs its files, not their names.
  ASSIGN_OR_RETURN(Edge edge, CheckedEdgeOf(log));
  ASSIGN_OR_RETURN(std::unique_ptr<Index> opened,
                   Index::Open(index, options.max_bytes, log, {edge.size(), edge.Root()}));
  return std::unique_ptr<Ledger>(std::make_unique<LedgerOnDisk>(
      LedgerOnDisk::Parts{std::move(lock), std::move(log), std::move(opened), std::move(edge)},
      options.queue_limit));
}

}  // namespace vault
