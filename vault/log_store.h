// LogStore: the environment DATA/ledger, which is the authority on every entry, the tree
// and the checkpoints. Its rows are described in docs/formats/ledger.md.
//
// With each entry lie the hashes of the tree nodes that it completes (one for an entry on
// average), so that an append writes one row and any node is one read.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "vault/ledger.h"
#include "vault/lmdb.h"
#include "vault/merkle.h"

namespace vault {

struct LogTables {
  LmdbTable log;
  LmdbTable meta;
  LmdbTable checkpoint;
  LmdbTable stamp;
};

struct LogEntry {
  base::Sha256Digest leaf;
  base::Bytes encoded;
};

// One snapshot of the log. Ends with the call that began it: an old snapshot keeps LMDB
// from using freed pages again.
class LogReader {
 public:
  LogReader(LmdbTransaction transaction, LogTables tables)
      : transaction_(std::move(transaction)), tables_(tables) {}

  // REQUIRES: an entry below the committed size. kCorrupted "ledger.entry-damaged" when it
  // is missing, belongs to another number, or its leaf hash is not the stored one.
  base::Result<LogEntry> Read(EntryNumber entry) const;

  // REQUIRES: a complete node. The hash as stored: whoever uses it checks what comes of it
  // against a root. kCorrupted "ledger.entry-damaged".
  base::Result<base::Sha256Digest> Node(const TreeNode& node) const;
  // The same, checked against what lies right below it: the entry, or two nodes.
  // kCorrupted "ledger.entry-damaged", "ledger.tree-damaged".
  base::Result<base::Sha256Digest> CheckedNode(const TreeNode& node) const;

  // The tree's right edge, checked: the last entry fits its leaf hash, the nodes it completes
  // fit their children, and the root is the one noted by its commit.
  // kCorrupted "ledger.head-damaged" or "ledger.unknown-format".
  base::Result<Edge> CheckedEdge() const;

  // kNotFound "checkpoint.none", kCorrupted "checkpoint.damaged".
  base::Result<Ledger::Checkpoint> LatestCheckpoint() const;
  base::Result<Ledger::Checkpoint> FirstStamped(std::uint64_t size) const;
  base::Result<Ledger::Checkpoint> LatestStamped() const;
  // The next checkpoint of `size` or more; nullopt: there is none. Same errors.
  base::Result<std::optional<Ledger::Checkpoint>> CheckpointFrom(std::uint64_t size) const;
  // Its size alone, also when it is damaged.
  base::Result<std::optional<std::uint64_t>> SizeOfCheckpointFrom(std::uint64_t size) const;
  base::Result<std::uint64_t> StampCount() const { return transaction_.Count(tables_.stamp); }
  base::Result<std::uint64_t> Size() const { return CheckedSize(); }

  // A row as it is stored, nothing of it checked but its form: the hashes of the nodes that the
  // entry completes, and the entry. Valid during the visit.
  struct Row {
    EntryNumber entry;
    base::ByteSpan hashes;
    base::ByteSpan encoded;
    base::Sha256Digest Hash(unsigned level) const;
  };
  // All rows in order. Ends at the first error of `visit`, and at a row that is missing or has not
  // the form: kCorrupted "ledger.entry-damaged".
  base::Status ForEachRow(const std::function<base::Status(const Row& row)>& visit) const;

 private:
  friend class LogStore;
  base::Result<std::uint64_t> CheckedSize() const;
  base::Status CheckLastEntry(EntryNumber last) const;
  base::Status CheckFormat() const;
  base::Result<Ledger::Checkpoint> CheckpointOf(base::ByteSpan key) const;

  LmdbTransaction transaction_;
  LogTables tables_;
};

// One group of appends. Nothing of it exists until Commit() is ok.
class LogWriter {
 public:
  LogWriter(LmdbTransaction transaction, LogTables tables, Edge edge)
      : transaction_(std::move(transaction)), tables_(tables), edge_(std::move(edge)) {}

  // `leaf` is LeafHash(encoded).
  base::Result<EntryNumber> Append(base::ByteSpan encoded, const base::Sha256Digest& leaf);
  const Edge& edge() const { return edge_; }
  // Errors as LmdbTransaction::Commit().
  base::Status Commit() &&;

 private:
  LmdbTransaction transaction_;
  LogTables tables_;
  Edge edge_;
};

// Thread-safe; one writer at a time, others wait.
class LogStore {
 public:
  // Creates what is missing. Errors as Ledger::Open().
  static base::Result<LogStore> Open(const std::filesystem::path& directory, std::size_t max_bytes);

  // Of a copy that nobody writes. Nothing is made or changed.
  static base::Result<LogStore> OpenCopy(const std::filesystem::path& directory);

  base::Result<LogReader> BeginRead() const;
  // `edge` is the committed one.
  base::Result<LogWriter> BeginWrite(const Edge& edge) const;
  base::Status KeepCheckpoint(std::uint64_t size, std::string_view note) const;
  base::Status KeepStamp(std::uint64_t size, base::ByteSpan token) const;

 private:
  LogStore(LmdbEnvironment environment, LogTables tables)
      : environment_(std::move(environment)), tables_(tables) {}
  base::Status Keep(LmdbTable table, std::uint64_t size, base::ByteSpan value) const;

  LmdbEnvironment environment_;
  LogTables tables_;
};

}  // namespace vault
