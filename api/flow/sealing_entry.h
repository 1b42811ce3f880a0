// What the ledger says before a token is asked: that it will be, by whom, for what, and why.
#pragma once

#include <string>

#include "api/flow/record_keys.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "vault/ledger.h"

namespace api {

struct SealingEntry {
  vault::RecordId id;
  std::string agency;
  base::Sha256Digest commitment;  // To what is to be signed.
  base::Json metadata;            // Encrypted.
};

// Of an attempt of a batch's chunk; anybody who knows the three can look for it.
vault::RecordId SealingId(const std::string& batch, std::size_t chunk, std::uint64_t attempt);

// Durable when it returns ok; until then nothing may be signed. Errors: those of
// RecordKeys::Take() and Ledger::Append().
base::Status RecordSealing(vault::Ledger& ledger, RecordKeys& keys, base::Time now,
                           const SealingEntry& entry);

// What the entry says, with "entry", its number, and "storedAt".
// kNotFound "record.unknown" when there is none; those of RecordKeys::Open().
base::Result<base::Json> ReadSealing(const vault::Ledger& ledger, RecordKeys& keys,
                                     const vault::RecordId& id);

}  // namespace api
