#include "vault/key_store.h"

#include "vault/guard.h"

namespace vault {

base::Result<KeyStore> KeyStore::Open(const std::filesystem::path& directory,
                                      std::size_t max_bytes) {
  ASSIGN_OR_RETURN(LmdbEnvironment environment,
                   LmdbEnvironment::Open(directory, {.max_bytes = max_bytes, .synced = true}));
  ASSIGN_OR_RETURN(const LmdbTable keys, environment.Table("key"));
  return KeyStore(std::move(environment), keys);
}

base::Status KeyStore::Keep(std::span<const KeyRow> keys) const {
  if (keys.empty()) return base::Ok();
  ASSIGN_OR_RETURN(LmdbTransaction transaction, environment_.BeginWrite());
  for (const KeyRow& key : keys) {
    const base::Bytes value = Guarded(GuardSize::kFull, key.id.span(), key.wrapped);
    RETURN_IF_ERROR(transaction.Put(keys_, key.id.span(), value));
  }
  return std::move(transaction).Commit();
}

base::Result<std::optional<base::Bytes>> KeyStore::Find(const RecordId& id) const {
  ASSIGN_OR_RETURN(const LmdbTransaction transaction, environment_.BeginRead());
  ASSIGN_OR_RETURN(const auto value, transaction.Get(keys_, id.span()));
  if (!value) return std::optional<base::Bytes>();
  const auto wrapped = Unguarded(GuardSize::kFull, id.span(), *value);
  if (!wrapped)
    return base::Error{base::ErrorCode::kCorrupted, "key.damaged", "key of record " + id.Text()};
  return std::optional(base::Bytes(wrapped->begin(), wrapped->end()));
}

}  // namespace vault
