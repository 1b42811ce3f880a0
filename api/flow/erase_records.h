// EraseRecords: the keys of records go, and with them what was ever encrypted by them.
//
// The ledger keeps its entries. After it, no copy of the data, however old, opens an erased record
// with what the token holds (docs/formats/keys.md).
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "api/caller.h"
#include "api/flow/record_keys.h"
#include "base/clock.h"
#include "base/result.h"
#include "hsm/vault_keys.h"
#include "vault/ledger.h"

namespace api {

struct ErasureRequest {
  static constexpr std::size_t kMostRecords = 4096;

  std::vector<vault::RecordId> records;  // 1 to kMostRecords, in any order.
  std::string reason;                    // 3 to 200 bytes; sealed in the ledger.
  std::string mandate;                   // By what right, at most 200 bytes; likewise.
  std::vector<std::string> approvals;    // Of the custodians (hsm/ceremony.h, ToErase()).
};

struct Erased {
  vault::Appended intent;
  vault::RecordId id;  // Of the intent's entry.
  std::uint64_t root_before = 0;
  std::uint64_t root_after = 0;
  // Otherwise the keys are gone from the data, but the old root key is still in the token.
  // Settle() ends it.
  bool is_complete = false;
};

// Thread-safe; one erasure at a time. Borrows its parts; they must outlive it.
class EraseRecords {
 public:
  // `before_root_goes` is asked when the tree is the new one and the old root key is about to be
  // destroyed; while it fails, the old root key stays.
  using BeforeRootGoes = std::function<base::Status()>;
  EraseRecords(vault::Ledger& ledger, vault::KeyStore& store, hsm::VaultKeys& vault_keys,
               RecordKeys& keys, const base::Clock& clock, BeforeRootGoes before_root_goes = {})
      : ledger_(ledger),
        store_(store),
        vault_keys_(vault_keys),
        keys_(keys),
        clock_(clock),
        before_root_goes_(std::move(before_root_goes)) {}

  // When this returns ok, no record of the request can be read any more.
  //
  // Errors, when nothing was erased:
  //   kInvalidInput "erasure.malformed"  no record, too many, or a reason of another length
  //   kNotFound "record.unknown"         one of them is not in the ledger
  //   kInvalidInput "erasure.no-key"     one of them has no key
  //   kConflict "erasure.nothing-left"   all of them are erased already
  //   those of VaultKeys::NewRoot() and of the ledger; kUnavailable "ledger.stopped"
  // kOutcomeUnknown "ledger.commit" when it is not known: start the service again and read.
  base::Result<Erased> Run(const Caller& caller, const ErasureRequest& request);

  // Ends what a crash or an absent token left: destroys each root key that keys/ does not name and
  // puts on record an erasure that was done. For the start, and whenever it is not IsSettled().
  // kConflict "key.root-unknown", kCorrupted "key.tree-behind": keys/ is an older copy.
  base::Status Settle();
  // Nothing of an erasure is left to be ended.
  bool IsSettled() const { return settled_; }

 private:
  base::Status Conclude();
  base::Status EndWhatIsLeft();
  base::Status RequireTreeOfLedger() const;
  base::Result<std::vector<vault::KeySlot>> SlotsOf(
      const std::vector<vault::RecordId>& records) const;
  base::Status RequireSomethingLeft(const std::vector<vault::KeySlot>& slots) const;
  base::Result<Erased> Erase(const Caller& caller, const ErasureRequest& request,
                             const std::vector<vault::KeySlot>& slots);
  base::Result<vault::Record> IntentOf(const Caller& caller, const ErasureRequest& request,
                                       const vault::KeyTop& before);
  base::Result<std::vector<vault::KeyRow>> RekeyedRows(const vault::KeyTop& before,
                                                       const hsm::TopKey& after,
                                                       const std::vector<vault::KeySlot>& slots);

  vault::Ledger& ledger_;
  vault::KeyStore& store_;
  hsm::VaultKeys& vault_keys_;
  RecordKeys& keys_;
  const base::Clock& clock_;
  const BeforeRootGoes before_root_goes_;
  std::mutex erasing_;
  std::atomic<bool> settled_ = false;
};

}  // namespace api
