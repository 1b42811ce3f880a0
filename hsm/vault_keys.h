// VaultKeys: the keys that protect the vault. Root, node, MAC and checkpoint keys are used inside
// the keyholder alone; record keys are handed to the flow that needs them.
//
// Records' keys are the leaves of a tree (docs/formats/keys.md): one root key in the token wraps
// the top node's key, each node's key wraps those of its 256 children, and a record names its
// *slot*, the place of its key. The caller stores what is wrapped and sends it along with each
// call. One MAC key finds clients by identifier without storing the identifier; one Ed25519 key
// signs checkpoints.
#pragma once

#include <array>
#include <bitset>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "base/secret.h"
#include "hsm/signer.h"

namespace hsm {

struct VaultKeyLabels {
  KeyLabel root{"vault-root"};
  KeyLabel mac{"vault-mac"};
  KeyLabel checkpoint{"vault-checkpoint"};
};

inline constexpr std::size_t kFanOut = 256;           // Children of a node.
inline constexpr std::uint8_t kLeafLevel = 3;         // Nodes whose children are records' keys.
inline constexpr std::uint8_t kRecordLevel = 4;       // Of records' keys themselves.
inline constexpr std::size_t kWrappedKeySize = 60;    // nonce || ciphertext || tag
inline constexpr std::size_t kMaxKeys = 256;          // Opened by one call.
inline constexpr std::size_t kMaxNodesToRekey = 128;  // Of one call.

// Level 0 is the top; children of (level, index) are (level + 1, index * 256 ...). The index of a
// record's key is its slot.
struct KeyPlace {
  std::uint8_t level = 0;
  std::uint32_t index = 0;
  friend auto operator<=>(const KeyPlace&, const KeyPlace&) = default;
};

// A key wrapped by the node above its place; opens as that place's key only.
struct PlacedKey {
  KeyPlace place;
  base::Bytes wrapped;
};

// The top node's key wrapped by the root key of that generation.
struct TopKey {
  std::uint64_t generation = 0;
  base::Bytes wrapped;
  friend bool operator==(const TopKey&, const TopKey&) = default;
};

// The way down to the keys that a call is about: every node above them, in any order.
struct KeyPaths {
  TopKey top;
  std::vector<PlacedKey> nodes;
};

// A leaf is made whole: its 256 records' keys are there before the first is used.
struct NewLeaf {
  std::vector<PlacedKey> nodes;    // To be stored: the leaf, and nodes above it that were missing.
  base::Bytes row;                 // To be stored: 256 wrapped keys, one after another.
  std::vector<base::Secret> keys;  // Of the slots leaf * 256 ... Never stored.
};

// What record keys are wanted for. Each has a limit of its own.
enum class KeyUse { kRead, kVerify, kHistory, kKept, kScrub, kExport };
std::string_view NameOf(KeyUse use);  // "read"
std::array<KeyUse, 6> AllKeyUses();

// A node whose key was replaced, with the row of its children as it is stored.
struct NodeToRekey {
  KeyPlace place;
  base::Bytes row;
  // Children that go: of a leaf they are erased; of others they get a new key, and are to be
  // rekeyed next. All others are wrapped anew.
  std::bitset<kFanOut> gone;
};

// What custodians have to approve (hsm/ceremony.h) before a root key is replaced.
struct ErasureOrder {
  base::Sha256Digest records;          // Over the sorted ids of the records.
  std::vector<std::string> approvals;  // JWS of ApproveOrder().
};

// A tree head in the words of C2SP tlog-checkpoint.
struct CheckpointBody {
  std::uint64_t size = 0;
  base::Sha256Digest root;
};

// Thread-safe. Errors of all: kUnavailable "token.*" as in Signer, and those named. What is said of
// the tree needs the token only until the top's key is known.
//
// Errors of whatever takes paths: kCorrupted "key.unwrap-failed" when anything on the way was
// changed or belongs to another place; kConflict "key.root-unknown" when the token has no root key
// of that generation (any more); kInvalidInput "key.malformed-path" for a path that is not whole.
class VaultKeys {
 public:
  virtual ~VaultKeys() = default;

  // The top of a new tree, under the root key of generation 1.
  virtual base::Result<TopKey> NewTop() = 0;

  // REQUIRES: `paths` has those nodes above `leaf` that exist; the leaf does not. Nothing of the
  // answer may be used before all of it is on stable storage.
  virtual base::Result<NewLeaf> MakeLeaf(const KeyPaths& paths, std::uint32_t leaf) = 0;

  // At most kMaxKeys of level kRecordLevel at once; answers in the same order, all or none.
  // kUnavailable "key.rate" when more keys are wanted for this use than a minute's limit;
  // kInvalidInput "key.too-many".
  virtual base::Result<std::vector<base::Secret>> OpenKeys(KeyUse use, const KeyPaths& paths,
                                                           const std::vector<PlacedKey>& keys) = 0;

  // Erasure, step by step (docs/formats/keys.md): a new root key beside the old and a new top key
  // under it; new rows, from the top down, at most kMaxNodesToRekey at once; and, when the caller
  // has put them on stable storage, the end of the old root key.

  // kConflict "key.root-exists" when the next generation is there: KeepRoot() first.
  // kConflict "key.second-token" while a second token is configured; those of CeremonyGuard.
  virtual base::Result<TopKey> NewRoot(const TopKey& top, const ErasureOrder& order) = 0;
  // `before` and `after` lead to the nodes with their old and new keys; answers in the same order.
  virtual base::Result<std::vector<base::Bytes>> Rekey(const KeyPaths& before,
                                                       const KeyPaths& after,
                                                       const std::vector<NodeToRekey>& nodes) = 0;
  // Destroys every root key but that of `top`, once `top` was seen to open with it, and forgets all
  // other tops. Changes nothing when there is none else.
  virtual base::Status KeepRoot(const TopKey& top) = 0;

  // HMAC-SHA-256 of a client identifier of 1 to 256 bytes.
  virtual base::Result<base::Sha256Digest> MacIdentifier(std::string_view identifier) = 0;

  // The whole signed note (C2SP signed-note): body, blank line, signature line.
  // Sizes only grow, also across restarts: kConflict "checkpoint.smaller" for less than was
  // signed before, or for the same size with another root; kCorrupted "checkpoint.mark-damaged".
  virtual base::Result<std::string> SignCheckpoint(const CheckpointBody& body) = 0;

  // The verifier key of those notes, "origin+keyid+base64" (C2SP signed-note).
  virtual base::Result<std::string> CheckpointVerifierKey() = 0;
};

}  // namespace hsm
