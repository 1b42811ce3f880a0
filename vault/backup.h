// Backups of a vault: written hot and piece by piece into a folder of another volume, and checked
// by anybody with nothing but the vault's verifier key (docs/formats/backup.md).
//
// A set is a folder of backups 1, 2, 3..., each with what came since the one before: entries of the
// ledger with their documents' ciphertext, and rows of the key tree. Nothing in it is in clear that
// is not in clear in the vault's own files.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "vault/key_store.h"
#include "vault/ledger.h"
#include "vault/segments.h"

namespace vault {

// Borrowed for the call.
struct BackupSource {
  const Ledger& ledger;
  const Segments& segments;
  const KeyStore& keys;
};

struct BackupMade {
  std::uint64_t number = 0;  // Of the newest backup in the set.
  std::uint64_t from = 0;    // Its entries.
  std::uint64_t to = 0;
  std::uint64_t documents = 0;  // Their ciphertext is in it.
  std::uint64_t bytes = 0;      // Of all its parts.
  bool nothing_new = false;     // Nothing was written: the newest is as new as the vault.
};

// Adds a backup that ends where `checkpoint` does. It is there as a whole, on stable storage and
// read back, or not at all: what was cut short is taken away by the next. May run beside appends
// and readers; holds none of them up. One at a time for each set.
//
// Errors, when nothing was added:
//   kNotFound "backup.no-folder"       the set is not there: its volume is not mounted
//   kConflict "backup.other-vault"     the set does not lead to this ledger
//   kCorrupted "backup.damaged"        the set's manifests, or the newest key part; what was
//   written
//                                      reads differently
//   kUnavailable "backup.busy"         keys were erased again and again meanwhile
//   kUnavailable "disk.full", "disk.unwritable", "vault.locked"
//   those of reading the vault
base::Result<BackupMade> WriteBackup(const BackupSource& source, const std::filesystem::path& set,
                                     const Ledger::Checkpoint& checkpoint, base::Time now);

// What a set was found to hold.
struct BackupSummary {
  std::uint64_t number = 0;  // Of the newest.
  base::Time made_at;        // Likewise.
  std::string origin;
  TreeHead head;
  std::string checkpoint;  // The text that is signed, of `head`.
  std::uint64_t documents = 0;
  std::uint64_t document_bytes = 0;
  std::uint64_t key_rows = 0;
};

// Is told what a set holds, in the order of the ledger; keys come last. What it was told holds only
// once ReadBackup() is ok. An error of it ends the reading and is passed on.
class BackupReader {
 public:
  virtual ~BackupReader() = default;
  virtual base::Status Entry(const Record& record) = 0;
  // Of the entry told last: some bytes of its ciphertext, from `at`.
  virtual base::Status Content(const Record& record, std::uint64_t at, base::ByteSpan piece) = 0;
  virtual base::Status Row(const KeyRow& row) = 0;
  virtual base::Status Keys(const KeyTop& top, const std::optional<UnfinishedErasure>& erasure) = 0;
};

struct BackupCheck {
  std::string_view verifier_key;  // "origin+keyid+base64"
  // The newest checkpoint that is known from elsewhere, a signed note.
  std::optional<std::string_view> known_checkpoint = std::nullopt;
  bool may_be_older = false;  // Than that checkpoint.
};

// Reads all of a set, with no key of the vault: every hash, the tree of all entries against every
// checkpoint and its signature, the ciphertext of every document, and that the key tree has a place
// for each. In memory bounded by the key tree's nodes, not by documents or entries.
// `reader` may be null.
//
//   kNotFound "backup.none"              no backup is there
//   kCorrupted "backup.damaged"          anything is not what was written
//   kConflict "backup.other-vault"       signed by another key, of another log, or of a log that
//                                        does not fit the known checkpoint
//   kConflict "backup.older"             ends before the known checkpoint
//   kInvalidInput "backup.bad-checkpoint"  the known one is none, or not of this key
//   kInvalidInput "receipt.bad-verifier-key"
base::Result<BackupSummary> ReadBackup(const std::filesystem::path& set, const BackupCheck& check,
                                       BackupReader* reader);

}  // namespace vault
