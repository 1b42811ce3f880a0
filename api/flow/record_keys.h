// RecordKeys: the keys that follow from a record's one key, and the sealed part of a record.
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"
#include "hsm/vault_keys.h"
#include "vault/ledger.h"

namespace api {

// The document's bytes and its metadata never share a key.
base::Secret ContentKey(const base::Secret& record_key);

// nonce || AES-256-GCM, bound to the record's id.
base::Bytes SealMetadata(const base::Secret& record_key, const vault::RecordId& id,
                         const base::Json& metadata);
// kCorrupted "aead.mismatch" when a bit differs.
base::Result<base::Json> OpenMetadata(const base::Secret& record_key, const vault::Record& record);

// Fetches the wrapped key and has it opened. kNotFound "key.erased" when there is none.
base::Result<base::Secret> OpenRecordKey(const vault::Ledger& ledger, hsm::VaultKeys& keys,
                                         const vault::RecordId& id);

}  // namespace api
