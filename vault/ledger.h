// Ledger: the append-only list of everything the vault ever accepted.
//
// The tree head of size n commits to entries 0..n-1 in order (RFC 6962, 2.1). There is no
// function to change or remove an entry. Beside it lie the wrapped keys of the records
// (vault/key_store.h) and a disposable index.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "vault/record.h"
#include "vault/tile.h"

namespace vault {

struct TreeHead {
  std::uint64_t size = 0;
  base::Sha256Digest root;  // Of the empty tree: SHA-256 of nothing.
  friend bool operator==(const TreeHead&, const TreeHead&) = default;
};

struct Appended {
  EntryNumber entry;
  base::Sha256Digest leaf_hash;
};

struct StoredRecord {
  EntryNumber entry;
  Record record;
  base::Bytes encoded;  // The exact leaf data.
};

struct HistoryPage {
  std::vector<StoredRecord> records;  // Newest first.
  std::optional<EntryNumber> next;    // Pass it as `before` for the following page.
};

// Thread-safe. Appends are committed in groups by one writer; reads never wait for them.
// One process opens a directory at a time (kUnavailable "vault.locked").
class Ledger {
 public:
  struct Options {
    std::size_t max_bytes = std::size_t{1} << 36U;  // Size of the memory map, not of the file.
    std::size_t queue_limit = 4096;                 // Appends waiting beyond this are refused.
  };

  // Creates what is missing, checks that the last entry fits the tree, and catches the
  // index up (or rebuilds it whole). `data` is created when only its last part is missing.
  // kCorrupted "ledger.*" when stored bytes fail their check; kUnavailable "disk.*".
  static base::Result<std::unique_ptr<Ledger>> Open(const std::filesystem::path& data,
                                                    const Options& options);
  virtual ~Ledger() = default;

  // When this returns ok, the record survives a power failure, and reads see it.
  // REQUIRES: its key, if it names one, is on stable storage.
  //
  // Errors:
  //   kUnavailable "vault.busy"          queue full; nothing was appended
  //   kUnavailable "disk.full"           nothing was appended
  //   kConflict "record.exists"          the id is taken, or (kClient) the alias is
  //   kInvalidInput "record.too-large"
  //   kInvalidInput "record.malformed"   a field is set that the kind has no place for
  //   kUnavailable "ledger.stopped"      an earlier commit failed; open the ledger again
  //   kOutcomeUnknown "ledger.commit"    the commit itself failed: no more appends are taken
  //                                      until the ledger is opened again
  virtual base::Result<Appended> Append(Record record) = 0;
  // All of them, with numbers that follow one another, or none: 1 to kMostAtOnce.
  // Besides: kInvalidInput "record.bad-count".
  static constexpr std::size_t kMostAtOnce = 1000;
  virtual base::Result<std::vector<Appended>> AppendAll(std::vector<Record> records) = 0;

  // Every read recomputes the leaf hash and compares: kCorrupted "ledger.entry-damaged".
  // kNotFound "record.unknown". Whatever goes through the index may also answer kCorrupted
  // "ledger.index-damaged"; the next opening then rebuilds the index.
  virtual base::Result<StoredRecord> Read(EntryNumber entry) const = 0;
  // Read(), and the nodes of the tree that the entry completes fit what lies below them:
  // besides kCorrupted "ledger.tree-damaged".
  virtual base::Result<StoredRecord> ReadWithNodes(EntryNumber entry) const = 0;
  virtual base::Result<StoredRecord> Find(const RecordId& id) const = 0;
  // kNotFound "client.unknown".
  virtual base::Result<ClientId> FindClient(const base::Sha256Digest& alias_mac) const = 0;
  // Whether a client of that id was registered.
  virtual base::Result<bool> HasClient(const ClientId& client) const = 0;

  // Documents and accesses of one client before `before` (or from the newest), at most
  // `limit` (1 to 1,000; else kInvalidInput "history.bad-limit"). Cost does not depend on
  // depth, nor with `kind` on how many records of other kinds lie between. A client nobody
  // heard of has an empty history.
  struct HistoryQuery {
    ClientId client;
    std::optional<EntryNumber> before;
    std::size_t limit = 50;
    std::optional<RecordKind> kind;  // Only this kind.
  };
  virtual base::Result<HistoryPage> History(const HistoryQuery& query) const = 0;

  virtual base::Result<TreeHead> Head() const = 0;
  // RFC 6962, 2.1.1: the audit path of `entry` in the tree of `size` leaves.
  // kInvalidInput "proof.out-of-range" unless entry < size <= Head().size. Proofs and heads
  // are checked against Head() before they are given: kCorrupted "ledger.tree-damaged".
  virtual base::Result<std::vector<base::Sha256Digest>> InclusionProof(
      EntryNumber entry, std::uint64_t size) const = 0;
  // The head the tree had at `size`. Same error.
  virtual base::Result<TreeHead> HeadAt(std::uint64_t size) const = 0;
  // RFC 6962, 2.1.2: that the tree of `size` was grown from that of `old_size`, at most as
  // large. Same errors.
  virtual base::Result<std::vector<base::Sha256Digest>> ConsistencyProof(
      std::uint64_t old_size, std::uint64_t size) const = 0;

  // The bytes of a tile, and of the entries below a tile of level 0 (C2SP tlog-tiles; tile.h).
  // Each hash is checked against what lies below it: kCorrupted as of Read() and InclusionProof().
  // kNotFound "tile.unknown" when the tree is not so large.
  virtual base::Result<base::Bytes> TileHashes(const Tile& tile) const = 0;
  virtual base::Result<base::Bytes> TileEntries(const Tile& tile) const = 0;

  // Keeps a signed checkpoint (a C2SP note) for the tree of `size`; keeping the same size
  // again replaces the note. kInvalidInput "proof.out-of-range" beyond Head().size;
  // kUnavailable "disk.full"; kOutcomeUnknown "ledger.commit" as Append().
  virtual base::Status KeepCheckpoint(std::uint64_t size, std::string_view note) = 0;
  // Keeps the RFC 3161 token over SHA-256 of SignedPart() (witnessing.h) of the note kept for
  // `size`. The same errors.
  virtual base::Status KeepStamp(std::uint64_t size, base::ByteSpan token) = 0;
  struct Checkpoint {
    std::uint64_t size = 0;
    std::string note;
    base::Bytes stamp{};  // Empty: none.
  };
  // The newest. kNotFound "checkpoint.none", kCorrupted "checkpoint.damaged".
  virtual base::Result<Checkpoint> LatestCheckpoint() const = 0;
  // The oldest with a time-stamp that covers `size` entries, and the newest with one. Same errors.
  virtual base::Result<Checkpoint> FirstStamped(std::uint64_t size) const = 0;
  virtual base::Result<Checkpoint> LatestStamped() const = 0;
};

}  // namespace vault
