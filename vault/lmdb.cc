#include "vault/lmdb.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

namespace vault {
namespace {

using base::Error;
using base::ErrorCode;

constexpr mdb_mode_t kFileMode = 0600;
constexpr MDB_dbi kMaxTables = 8;
constexpr unsigned kMaxReaders = 1024;
constexpr std::size_t kMaxKey = 511;  // LMDB's.
constexpr std::size_t kMaxRow = std::size_t{64} << 10U;
// A file of little use does not grow by much.
constexpr std::uint64_t kLeastAhead = std::uint64_t{256} << 10U;
constexpr std::uint64_t kMostAhead = std::uint64_t{8} << 20U;

struct Translation {
  int lmdb;
  ErrorCode code;
  const char* reason;
};

constexpr auto kTranslations = std::to_array<Translation>({
    {MDB_MAP_FULL, ErrorCode::kUnavailable, "disk.full"},
    {MDB_TXN_FULL, ErrorCode::kUnavailable, "disk.full"},
    {ENOSPC, ErrorCode::kUnavailable, "disk.full"},
    {EDQUOT, ErrorCode::kUnavailable, "disk.full"},
    {EFBIG, ErrorCode::kUnavailable, "disk.full"},
    {MDB_READERS_FULL, ErrorCode::kUnavailable, "ledger.readers-full"},
    {MDB_CORRUPTED, ErrorCode::kCorrupted, "ledger.unreadable"},
    {MDB_PAGE_NOTFOUND, ErrorCode::kCorrupted, "ledger.unreadable"},
    {MDB_INVALID, ErrorCode::kCorrupted, "ledger.unreadable"},
    {MDB_VERSION_MISMATCH, ErrorCode::kCorrupted, "ledger.unreadable"},
    {MDB_PANIC, ErrorCode::kCorrupted, "ledger.unreadable"},
    {MDB_KEYEXIST, ErrorCode::kCorrupted, "ledger.unreadable"},
    {MDB_INCOMPATIBLE, ErrorCode::kCorrupted, "ledger.unreadable"},
    {MDB_NOTFOUND, ErrorCode::kCorrupted, "ledger.unreadable"},
    {MDB_BAD_TXN, ErrorCode::kCorrupted, "ledger.unreadable"},
});

Error FromLmdb(const char* operation, int code) {
  const std::string message = std::string("lmdb ") + operation + ": " + mdb_strerror(code);
  const auto found = std::ranges::find(kTranslations, code, &Translation::lmdb);
  if (found != kTranslations.end()) return {found->code, found->reason, message};
  return {ErrorCode::kUnavailable, "disk.unwritable", message};
}

MDB_val ToVal(base::ByteSpan bytes) {
  // LMDB does not write through keys or values passed to it without MDB_RESERVE.
  return {bytes.size(), const_cast<std::uint8_t*>(bytes.data())};
}

base::ByteSpan ToSpan(const MDB_val& value) {
  return {static_cast<const std::uint8_t*>(value.mv_data), value.mv_size};
}

// Sizes come from pages that nobody has checked: one that lies is found before anything is read by
// it. What is short enough lies within the file and what is kept ahead of it.
base::Status CheckSizes(std::size_t key, std::size_t value) {
  if (key <= kMaxKey && value <= kMaxRow) return base::Ok();
  return Error{ErrorCode::kCorrupted, "ledger.unreadable", "a row of impossible size"};
}

base::Status PutRow(MDB_txn* txn, LmdbTable table, const LmdbRow& row, unsigned flags) {
  MDB_val key = ToVal(row.key);
  MDB_val value = ToVal(row.value);
  if (const int code = mdb_put(txn, table.id, &key, &value, flags); code != 0)
    return FromLmdb("put", code);
  return base::Ok();
}

}  // namespace

base::Result<std::optional<base::ByteSpan>> LmdbTransaction::Get(LmdbTable table,
                                                                 base::ByteSpan key) const {
  MDB_val wanted = ToVal(key);
  MDB_val value{};
  const int code = mdb_get(txn_.get(), table.id, &wanted, &value);
  if (code == MDB_NOTFOUND) return std::optional<base::ByteSpan>();
  if (code != 0) return FromLmdb("get", code);
  RETURN_IF_ERROR(CheckSizes(0, value.mv_size));
  return std::optional(ToSpan(value));
}

base::Result<std::optional<LmdbRow>> LmdbTransaction::Last(LmdbTable table) const {
  MDB_cursor* raw = nullptr;
  if (const int code = mdb_cursor_open(txn_.get(), table.id, &raw); code != 0)
    return FromLmdb("cursor", code);
  const base::CHandle<MDB_cursor, mdb_cursor_close> cursor{raw};
  MDB_val key{};
  MDB_val value{};
  const int code = mdb_cursor_get(raw, &key, &value, MDB_LAST);
  if (code == MDB_NOTFOUND) return std::optional<LmdbRow>();
  if (code != 0) return FromLmdb("last", code);
  RETURN_IF_ERROR(CheckSizes(key.mv_size, value.mv_size));
  return std::optional(LmdbRow{ToSpan(key), ToSpan(value)});
}

base::Result<std::uint64_t> LmdbTransaction::Count(LmdbTable table) const {
  MDB_stat stat{};
  if (const int code = mdb_stat(txn_.get(), table.id, &stat); code != 0)
    return FromLmdb("stat", code);
  return std::uint64_t{stat.ms_entries};
}

base::Status LmdbTransaction::Put(LmdbTable table, base::ByteSpan key, base::ByteSpan value) {
  return PutRow(txn_.get(), table, {key, value}, 0);
}

base::Status LmdbTransaction::PutLast(LmdbTable table, base::ByteSpan key, base::ByteSpan value) {
  return PutRow(txn_.get(), table, {key, value}, MDB_APPEND);
}

base::Status LmdbTransaction::Commit() && {
  // mdb_txn_commit() frees the transaction whether or not it succeeds.
  const int code = mdb_txn_commit(txn_.release());
  if (code == 0) return base::Ok();
  Error error = FromLmdb("commit", code);
  if (error.reason == "disk.full") return error;
  return Error{ErrorCode::kOutcomeUnknown, "ledger.commit", std::move(error.message)};
}

base::Result<LmdbCursor> LmdbCursor::Open(const LmdbTransaction& transaction, LmdbTable table) {
  MDB_cursor* raw = nullptr;
  if (const int code = mdb_cursor_open(transaction.txn_.get(), table.id, &raw); code != 0)
    return FromLmdb("cursor", code);
  return LmdbCursor(raw);
}

base::Result<std::optional<LmdbRow>> LmdbCursor::SeekAtOrAfter(base::ByteSpan key) {
  return Step(key, MDB_SET_RANGE);
}

base::Result<std::optional<LmdbRow>> LmdbCursor::Next() {
  return Step({}, MDB_NEXT);
}

base::Result<std::optional<LmdbRow>> LmdbCursor::Step(base::ByteSpan key, MDB_cursor_op operation) {
  MDB_val found = ToVal(key);
  MDB_val value{};
  const int code = mdb_cursor_get(cursor_.get(), &found, &value, operation);
  if (code == MDB_NOTFOUND) return std::optional<LmdbRow>();
  if (code != 0) return FromLmdb("step", code);
  RETURN_IF_ERROR(CheckSizes(found.mv_size, value.mv_size));
  return std::optional(LmdbRow{ToSpan(found), ToSpan(value)});
}

base::Result<LmdbEnvironment> LmdbEnvironment::Open(const std::filesystem::path& directory,
                                                    const Options& options) {
  MDB_env* raw = nullptr;
  if (const int code = mdb_env_create(&raw); code != 0) return FromLmdb("create", code);
  LmdbEnvironment environment(raw, options.read_only);
  // Readers belong to their transaction, not to their thread.
  const unsigned flags = MDB_NOTLS | (options.synced ? 0U : unsigned{MDB_NOSYNC}) |
                         (options.read_only ? unsigned{MDB_RDONLY} | MDB_NOLOCK : 0U);
  if (const int code = mdb_env_set_mapsize(raw, options.max_bytes); code != 0)
    return FromLmdb("map size", code);
  if (const int code = mdb_env_set_maxdbs(raw, kMaxTables); code != 0)
    return FromLmdb("tables", code);
  if (const int code = mdb_env_set_maxreaders(raw, kMaxReaders); code != 0)
    return FromLmdb("readers", code);
  if (const int code = mdb_env_open(raw, directory.c_str(), flags, kFileMode); code != 0)
    return FromLmdb("open", code);
  if (options.read_only) return environment;
  int dead = 0;  // A reader that was killed would keep old pages from being used again.
  if (const int code = mdb_reader_check(raw, &dead); code != 0)
    return FromLmdb("reader check", code);
  environment.KeepAhead();
  return environment;
}

base::Result<LmdbTable> LmdbEnvironment::Table(const char* name) {
  ASSIGN_OR_RETURN(LmdbTransaction transaction, read_only_ ? BeginRead() : BeginWrite());
  MDB_txn* const txn = transaction.txn_.get();
  LmdbTable table;
  const unsigned flags = read_only_ ? 0U : unsigned{MDB_CREATE};
  if (const int code = mdb_dbi_open(txn, name, flags, &table.id); code != 0)
    return FromLmdb("table", code);
  RETURN_IF_ERROR(std::move(transaction).Commit());
  return table;
}

base::Result<LmdbTransaction> LmdbEnvironment::BeginRead() const {
  MDB_txn* raw = nullptr;
  if (const int code = mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &raw); code != 0)
    return FromLmdb("read", code);
  return LmdbTransaction(raw);
}

base::Result<LmdbTransaction> LmdbEnvironment::BeginWrite() const {
  MDB_txn* raw = nullptr;
  if (const int code = mdb_txn_begin(env_.get(), nullptr, 0, &raw); code != 0)
    return FromLmdb("write", code);
  return LmdbTransaction(raw);
}

void LmdbEnvironment::KeepAhead() const {
  MDB_envinfo info{};
  MDB_stat stat{};
  int fd = -1;
  struct stat file {};
  if (mdb_env_info(env_.get(), &info) != 0 || mdb_env_stat(env_.get(), &stat) != 0 ||
      mdb_env_get_fd(env_.get(), &fd) != 0 || ::fstat(fd, &file) != 0)
    return;
  const std::uint64_t used = (std::uint64_t{info.me_last_pgno} + 1) * stat.ms_psize;
  const std::uint64_t ahead = std::clamp(used / 4, kLeastAhead, kMostAhead);
  auto at = static_cast<std::uint64_t>(file.st_size);
  if (at >= used + ahead / 2) return;
  static constexpr std::array<std::uint8_t, std::size_t{1} << 16U> kZeros{};
  const std::uint64_t end = std::min<std::uint64_t>(used + ahead, info.me_mapsize);
  while (at < end) {
    const std::size_t piece = std::min<std::uint64_t>(kZeros.size(), end - at);
    const ssize_t written = ::pwrite(fd, kZeros.data(), piece, static_cast<off_t>(at));
    if (written <= 0) return;
    at += static_cast<std::uint64_t>(written);
  }
}

base::Status LmdbEnvironment::Sync() const {
  if (const int code = mdb_env_sync(env_.get(), 1); code != 0) return FromLmdb("sync", code);
  return base::Ok();
}

}  // namespace vault
