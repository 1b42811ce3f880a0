// KeyStore: the environment DATA/keys, which holds the wrapped keys of records and nothing
// else, so that keys can be destroyed without touching the ledger.
//
// A key is on stable storage before the entry that needs it. A key whose entry never came
// to be is garbage: keys are only looked up for records that the ledger holds, and a new
// record of that id replaces it.
#pragma once

#include <filesystem>
#include <optional>
#include <span>

#include "vault/lmdb.h"
#include "vault/record.h"

namespace vault {

struct KeyRow {
  RecordId id;
  base::ByteSpan wrapped;  // Borrowed for the call.
};

// Thread-safe.
class KeyStore {
 public:
  static base::Result<KeyStore> Open(const std::filesystem::path& directory, std::size_t max_bytes);

  // When ok, all are on stable storage. Errors as LmdbTransaction.
  base::Status Keep(std::span<const KeyRow> keys) const;

  // nullopt when there is none. kCorrupted "key.damaged".
  base::Result<std::optional<base::Bytes>> Find(const RecordId& id) const;

 private:
  KeyStore(LmdbEnvironment environment, LmdbTable keys)
      : environment_(std::move(environment)), keys_(keys) {}

  LmdbEnvironment environment_;
  LmdbTable keys_;
};

}  // namespace vault
