#include "api/flow/sealing_entry.h"

#include "api/flow/record_keys.h"

namespace api {

base::Status RecordSealing(vault::Ledger& ledger, hsm::VaultKeys& keys, base::Time now,
                           const SealingEntry& entry) {
  vault::Record record;
  record.kind = vault::RecordKind::kSealing;
  record.id = entry.id;
  record.stored_at = now;
  record.agency = entry.agency;
  record.commitment = entry.commitment;
  ASSIGN_OR_RETURN(const hsm::DocumentKey key, keys.NewDocumentKey(record.id.span()));
  record.sealed = SealMetadata(key.key, record.id, entry.metadata);
  RETURN_IF_ERROR(ledger.Append({record, key.wrapped}));
  return base::Ok();
}

}  // namespace api
