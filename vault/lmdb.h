// LMDB with owners: an environment that closes itself and transactions that abort unless
// committed. Private to vault/: no other header includes <lmdb.h>.
//
// Kept to what LMDB 0.9.24 does safely (reference: its CHANGES since): no duplicate keys,
// no nested transactions, no writable map (a full disk would be a SIGBUS), no fork while open.
#pragma once

#include <lmdb.h>

#include <filesystem>
#include <optional>

#include "base/bytes.h"
#include "base/c_handle.h"
#include "base/result.h"

namespace vault {

struct LmdbTable {
  MDB_dbi id = 0;
};

struct LmdbRow {
  base::ByteSpan key;    // Both valid until the transaction ends
  base::ByteSpan value;  // or, in a writing one, until the next put.
};

// Only reads what a writer committed; or the one writer. A reading transaction may move
// between threads, a writing one may not. Aborts when destroyed uncommitted.
//
// Errors of all: kUnavailable "disk.full", kUnavailable "ledger.readers-full",
// kCorrupted "ledger.unreadable", kUnavailable "disk.unwritable".
class LmdbTransaction {
 public:
  explicit LmdbTransaction(MDB_txn* txn) : txn_(txn) {}

  // nullopt when there is no such key.
  base::Result<std::optional<base::ByteSpan>> Get(LmdbTable table, base::ByteSpan key) const;
  base::Result<std::optional<LmdbRow>> Last(LmdbTable table) const;
  base::Result<std::uint64_t> Count(LmdbTable table) const;

  // Replaces what is there.
  base::Status Put(LmdbTable table, base::ByteSpan key, base::ByteSpan value);
  // REQUIRES: a key behind all others; otherwise kCorrupted "ledger.unreadable".
  base::Status PutLast(LmdbTable table, base::ByteSpan key, base::ByteSpan value);

  // When ok, the writes are on stable storage (unless the environment is unsynced).
  // kUnavailable "disk.full" when no space was left: nothing was written.
  // kOutcomeUnknown "ledger.commit" otherwise.
  base::Status Commit() &&;

 private:
  friend class LmdbCursor;
  friend class LmdbEnvironment;
  base::CHandle<MDB_txn, mdb_txn_abort> txn_;
};

// Walks a table in key order. Must not outlive its transaction.
class LmdbCursor {
 public:
  static base::Result<LmdbCursor> Open(const LmdbTransaction& transaction, LmdbTable table);

  // nullopt past the end.
  base::Result<std::optional<LmdbRow>> SeekAtOrAfter(base::ByteSpan key);
  base::Result<std::optional<LmdbRow>> Next();

 private:
  explicit LmdbCursor(MDB_cursor* cursor) : cursor_(cursor) {}
  base::Result<std::optional<LmdbRow>> Step(base::ByteSpan key, MDB_cursor_op operation);

  base::CHandle<MDB_cursor, mdb_cursor_close> cursor_;
};

// One process opens one environment once. Thread-safe.
class LmdbEnvironment {
 public:
  struct Options {
    std::size_t max_bytes = 0;
    bool synced = true;  // false: a power cut may damage it. For what can be rebuilt.
    // Of a copy that nobody writes: no file is made, locked or changed. The environment must exist,
    // and Table() finds only what is there.
    bool read_only = false;
  };

  // Creates what is missing; `directory` itself must exist.
  static base::Result<LmdbEnvironment> Open(const std::filesystem::path& directory,
                                            const Options& options);

  // Creates the table when it is missing. Not while another transaction is open.
  base::Result<LmdbTable> Table(const char* name);

  base::Result<LmdbTransaction> BeginRead() const;
  base::Result<LmdbTransaction> BeginWrite() const;  // Waits for the current writer.

  // Puts an unsynced environment on stable storage.
  base::Status Sync() const;

  // Writes zeros behind the last page in use, so that the next commits write over what the file
  // has already: a sync that need not record a new size takes two thirds of the time
  // (docs/performance.md). What does not fit is left out. REQUIRES: the caller alone writes.
  void KeepAhead() const;

 private:
  LmdbEnvironment(MDB_env* env, bool read_only) : read_only_(read_only), env_(env) {}

  bool read_only_;
  base::CHandle<MDB_env, mdb_env_close> env_;
};

}  // namespace vault
