// PublishCheckpoint: has the head of the ledger signed in the token and keeps the note.
#pragma once

#include <mutex>

#include "api/flow/checkpoint_anchor.h"
#include "base/result.h"
#include "hsm/vault_keys.h"
#include "vault/ledger.h"

namespace api {

// Thread-safe. Borrows its parts; they must outlive it.
class PublishCheckpoint {
 public:
  PublishCheckpoint(vault::Ledger& ledger, hsm::VaultKeys& keys, CheckpointAnchor& anchor)
      : ledger_(ledger), keys_(keys), anchor_(anchor) {}

  // Once a second: has the head signed if it grew since the newest checkpoint, and lets the anchor
  // follow. Errors: those of Covering(), and kUnavailable "disk.unwritable" of the anchor: then
  // the checkpoint is published all the same.
  base::Status Run();

  // The newest checkpoint, which covers at least `size` entries; signs one when there is none.
  // kNotFound "checkpoint.none" for an empty ledger.
  base::Result<vault::Ledger::Checkpoint> Covering(std::uint64_t size);

  // Has the present head signed, whatever was signed before: once at start, so that a ledger
  // that was set back to an older copy is noticed before it takes anything.
  // kConflict "checkpoint.smaller" is that; kUnavailable when the token cannot say.
  base::Status ConfirmHead();

 private:
  // kNotFound when none covers so much.
  base::Result<vault::Ledger::Checkpoint> Latest(std::uint64_t size) const;
  base::Result<vault::Ledger::Checkpoint> SignHead();  // REQUIRES: the mutex is held.

  vault::Ledger& ledger_;
  hsm::VaultKeys& keys_;
  CheckpointAnchor& anchor_;  // Of Run() alone.
  std::mutex one_at_a_time_;  // Sizes given to the token only grow.
};

}  // namespace api
