// Index: finds entries of the ledger by record id, alias and client (DATA/index).
//
// Disposable: all of it follows from the ledger. It is written without syncing, and
// rebuilt at open when it is missing, behind, of another ledger or not to be trusted.
//
// A client's history is kept as lists, one of everything and one for each kind. Each row
// names the next older entry, so that a row lost to a flipped bit is noticed, not skipped.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "vault/ledger.h"
#include "vault/lmdb.h"
#include "vault/log_store.h"

namespace vault {

// Writes the rows of one group. Nothing of it exists until Commit().
class IndexWriter {
 public:
  IndexWriter(LmdbTransaction transaction, LmdbTable rows)
      : transaction_(std::move(transaction)), rows_(rows) {}

  base::Status Add(EntryNumber entry, const Record& record);
  // `head` is the tree up to the last entry added.
  base::Status Commit(const TreeHead& head) &&;

 private:
  base::Status AddToList(EntryNumber entry, const Record& record, std::uint8_t list);

  LmdbTransaction transaction_;
  LmdbTable rows_;
  std::map<base::Bytes, EntryNumber> heads_;  // Of the lists added to; written once, at the end.
};

struct IndexPage {
  std::vector<EntryNumber> entries;  // Newest first.
  std::optional<EntryNumber> next;
};

// Thread-safe. All reads give kCorrupted "ledger.index-damaged" when rows do not fit one
// another; the index is then rebuilt when it is next opened.
class Index {
 public:
  // Brings the index up to `head`, which is the checked end of `log`.
  static base::Result<std::unique_ptr<Index>> Open(const std::filesystem::path& directory,
                                                   std::size_t max_bytes, const LogStore& log,
                                                   const TreeHead& head);
  ~Index();  // Syncs, and notes that it was closed cleanly.
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  base::Result<std::optional<EntryNumber>> FindRecord(const RecordId& id) const;
  base::Result<std::optional<EntryNumber>> FindAlias(const base::Sha256Digest& alias_mac) const;
  base::Result<bool> HasClient(const ClientId& client) const;
  // Sets those whose record's id, or for a client its alias, is taken.
  base::Status FindTaken(const std::vector<const Record*>& records, std::vector<bool>& taken) const;
  base::Result<IndexPage> List(const Ledger::HistoryQuery& query) const;

  base::Result<IndexWriter> BeginWrite() const;

  // When the error speaks of damage of the index, the next opening rebuilds it.
  void Note(const base::Error& error) const;
  // Such an error, noted.
  base::Error Damaged(std::string message) const;

 private:
  Index(std::filesystem::path directory, LmdbEnvironment environment, LmdbTable rows)
      : directory_(std::move(directory)), environment_(std::move(environment)), rows_(rows) {}

  static base::Result<std::unique_ptr<Index>> OpenAndCatchUp(const std::filesystem::path& directory,
                                                             std::size_t max_bytes,
                                                             const LogStore& log,
                                                             const TreeHead& head);
  base::Result<TreeHead> Applied() const;
  base::Status CatchUp(const LogStore& log, const TreeHead& head) const;
  base::Result<std::optional<EntryNumber>> FindNumber(base::ByteSpan key) const;
  template <typename T>
  base::Result<T> Watched(base::Result<T> result) const;

  std::filesystem::path directory_;
  LmdbEnvironment environment_;
  LmdbTable rows_;
  mutable std::atomic<bool> trusted_{true};
};

}  // namespace vault
