// KeyTree: the node keys of the key tree, and what is done with them (docs/formats/keys.md).
//
// It stores nothing. Of node keys it remembers those of the top alone, so that the token is asked
// once; the others are unwrapped on the way down and wiped with the call.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "hsm/root_keys.h"
#include "hsm/vault_keys.h"

namespace hsm {

// Thread-safe. Errors as VaultKeys.
class KeyTree {
 public:
  explicit KeyTree(RootKeys& roots) : roots_(roots) {}  // Borrowed.

  base::Result<TopKey> NewTop();
  base::Result<NewLeaf> MakeLeaf(const KeyPaths& paths, std::uint32_t leaf);
  base::Result<std::vector<base::Secret>> OpenKeys(const KeyPaths& paths,
                                                   const std::vector<PlacedKey>& keys);
  base::Result<TopKey> NewRoot(const TopKey& top);
  base::Result<std::vector<base::Bytes>> Rekey(const KeyPaths& before, const KeyPaths& after,
                                               const std::vector<NodeToRekey>& nodes);
  base::Status KeepRoot(const TopKey& top);

 private:
  // Shared, so that a call that began with a top ends with it.
  using SharedKey = std::shared_ptr<const base::Secret>;
  struct KnownTop {
    TopKey top;
    SharedKey key;
  };

  base::Result<TopKey> MakeTop(std::uint64_t generation);
  base::Result<SharedKey> KeyOf(const TopKey& top);
  void Remember(const TopKey& top, SharedKey key);

  RootKeys& roots_;
  std::mutex mutex_;             // Guards what follows.
  std::vector<KnownTop> known_;  // At most two: during an erasure the old and the new one.
  std::uint64_t oldest_ = 0;     // Older generations were given up.
};

}  // namespace hsm
