// RecordKeys: records' keys, from the stored key tree and the keyholder that opens it, and what
// follows from a record's one key.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"
#include "hsm/vault_keys.h"
#include "vault/key_store.h"
#include "vault/record.h"

namespace api {

struct NewKey {
  vault::KeySlot slot;
  base::Secret key;
};

// Thread-safe. Borrows both; they must outlive it. Errors besides those named: those of
// hsm::VaultKeys and vault::KeyStore.
class RecordKeys {
 public:
  RecordKeys(vault::KeyStore& store, hsm::VaultKeys& keys) : store_(store), keys_(keys) {}

  // A key that nobody else has or will get, on stable storage. Of 256 calls one asks the keyholder
  // and waits for the disk.
  // kUnavailable "ledger.stopped" after a commit of keys/ whose outcome is not known.
  base::Result<NewKey> Take();

  // kNotFound "key.erased".
  base::Result<base::Secret> Open(hsm::KeyUse use, vault::KeySlot slot);
  // nullopt for each that is erased. One call to the keyholder for 256 keys.
  base::Result<std::vector<std::optional<base::Secret>>> OpenAll(
      hsm::KeyUse use, std::span<const vault::KeySlot> slots);

  // While it is held, nobody else changes the tree; keys that were made before are still given out.
  std::unique_lock<std::mutex> HoldTree() { return std::unique_lock(tree_); }
  // Takes no more changes of the tree.
  void Stop() { stopped_ = true; }
  // kUnavailable "ledger.stopped".
  base::Status RequireRunning() const;

 private:
  base::Status MakeLeaf();
  base::Result<std::vector<base::Secret>> OpenPaths(hsm::KeyUse use,
                                                    const vault::StoredPaths& paths);

  vault::KeyStore& store_;
  hsm::VaultKeys& keys_;

  std::mutex leaf_;  // Guards the leaf in use; taken before tree_.
  std::vector<base::Secret> unused_;
  std::uint32_t next_slot_ = 0;

  std::mutex tree_;  // Who changes the tree.
  std::atomic<bool> stopped_ = false;
};

hsm::TopKey ToHsm(const vault::KeyTop& top);
hsm::PlacedKey ToHsm(const vault::StoredKey& key);
vault::KeyTop ToVault(const hsm::TopKey& top);

// The document's bytes and its metadata never share a key.
base::Secret ContentKey(const base::Secret& record_key);

// nonce || AES-256-GCM, bound to the record's id.
base::Bytes SealMetadata(const base::Secret& record_key, const vault::RecordId& id,
                         const base::Json& metadata);
// kCorrupted "aead.mismatch" when a bit differs.
base::Result<base::Json> OpenMetadata(const base::Secret& record_key, const vault::Record& record);

}  // namespace api
