// VaultKeys: the keys that protect the vault. Root, MAC and checkpoint key are used inside the
// keyholder alone; document keys are handed to the flow that needs them.
//
// One root key in the token wraps a key for each document (AES-256-GCM, with the id it
// belongs to as associated data); one MAC key finds clients by identifier without storing
// the identifier; one Ed25519 key signs checkpoints.
#pragma once

#include <string>
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

struct DocumentKey {
  base::Secret key;     // 32 bytes, for base/aead.h. Never stored.
  base::Bytes wrapped;  // What is stored: nonce || ciphertext || tag under the root key.
};

struct WrappedKey {
  base::Bytes owner;  // 16 bytes: the id of the ledger record the key belongs to.
  base::Bytes wrapped;
};

// A tree head in the words of C2SP tlog-checkpoint.
struct CheckpointBody {
  std::uint64_t size = 0;
  base::Sha256Digest root;
};

// Thread-safe. Errors of all: kUnavailable "token.*" as in Signer, and those named.
class VaultKeys {
 public:
  virtual ~VaultKeys() = default;

  // `owner` is the 16-byte id of the record; the key opens for that id only.
  virtual base::Result<DocumentKey> NewDocumentKey(base::ByteSpan owner) = 0;

  // At most 256 at once; answers in the same order.
  // kCorrupted "key.unwrap-failed" when any one was changed or belongs to another id.
  virtual base::Result<std::vector<base::Secret>> OpenDocumentKeys(
      const std::vector<WrappedKey>& keys) = 0;

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
