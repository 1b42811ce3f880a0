#include "api/flow/sealing_entry.h"

#include <algorithm>

namespace api {

vault::RecordId SealingId(const std::string& batch, std::size_t chunk, std::uint64_t attempt) {
  base::Bytes name = base::ToBytes("edocvault/1 sealing");
  base::Append(base::HexDecode(batch).value_or(base::Bytes{}), name);
  base::AppendUint64(chunk, name);
  base::AppendUint64(attempt, name);
  vault::RecordId id;
  std::ranges::copy_n(base::Sha256(name).bytes.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

base::Result<base::Json> ReadSealing(const vault::Ledger& ledger, RecordKeys& keys,
                                     const vault::RecordId& id) {
  ASSIGN_OR_RETURN(const vault::StoredRecord stored, ledger.Find(id));
  ASSIGN_OR_RETURN(const base::Secret key, keys.Open(hsm::KeyUse::kKept, stored.record.key));
  ASSIGN_OR_RETURN(base::Json facts, OpenMetadata(key, stored.record));
  facts.Set("entry", static_cast<std::int64_t>(stored.entry.value));
  facts.Set("storedAt", base::FormatTime(stored.record.stored_at));
  return facts;
}

base::Status RecordSealing(vault::Ledger& ledger, RecordKeys& keys, base::Time now,
                           const SealingEntry& entry) {
  vault::Record record;
  record.kind = vault::RecordKind::kSealing;
  record.id = entry.id;
  record.stored_at = now;
  record.agency = entry.agency;
  record.commitment = entry.commitment;
  ASSIGN_OR_RETURN(const NewKey key, keys.Take());
  record.key = key.slot;
  record.sealed = SealMetadata(key.key, record.id, entry.metadata);
  RETURN_IF_ERROR(ledger.Append(record));
  return base::Ok();
}

}  // namespace api
