// PublishCheckpoint: has the head of the ledger signed in the token and keeps the note.
#pragma once

#include <mutex>

#include "base/result.h"
#include "hsm/vault_keys.h"
#include "vault/ledger.h"

namespace api {

// Thread-safe. Borrows its parts; they must outlive it.
class PublishCheckpoint {
 public:
  PublishCheckpoint(vault::Ledger& ledger, hsm::VaultKeys& keys) : ledger_(ledger), keys_(keys) {}

  // The newest checkpoint, which covers at least `size` entries; signs one when there is none.
  // kNotFound "checkpoint.none" for an empty ledger.
  base::Result<vault::Ledger::Checkpoint> Covering(std::uint64_t size);

 private:
  vault::Ledger& ledger_;
  hsm::VaultKeys& keys_;
  std::mutex one_at_a_time_;  // Sizes given to the token only grow.
};

}  // namespace api
