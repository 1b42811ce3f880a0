// Recovery: a data folder made of a backup, as the beginning of a new log.
//
// Going back to an older state is never silent. The new log has an origin of its own; its first
// entry names the last checkpoint of the old log that is known, and so says which entries are lost.
// Behind it stand the entries of the backup, byte for byte.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "vault/backup.h"

namespace vault {

struct RecoveryOrder {
  std::filesystem::path from;  // A backup set.
  std::filesystem::path data;  // Missing, or an empty folder.
  std::string verifier_key;    // Of the old log.
  std::string origin;          // Of the new one.
  // The newest checkpoint of the old log that anybody has, a signed note.
  std::optional<std::string> checkpoint;
  // Records that were erased after the backup: they are not brought back.
  std::vector<RecordId> erased;
  base::Time now;
};

struct Recovered {
  BackupSummary backup;
  std::uint64_t lost_from = 0;  // Entries of the old log that are lost; none when both are equal.
  std::uint64_t lost_to = 0;
  std::uint64_t erased = 0;          // Of those ordered, were in the backup.
  std::uint64_t erased_unknown = 0;  // Were not: stored after it, so lost anyhow.
};

// When ok, `data` is whole and on stable storage; before, it is as it was. Works beside it in
// `data` + ".recovering", which is taken away by the next try.
//
// Errors: those of ReadBackup(), which may be older than the checkpoint here, and
//   kConflict "recovery.folder-in-use"   `data` holds something
//   kConflict "recovery.same-origin"     the new log must not be taken for the old one
//   kInvalidInput "recovery.bad-origin"  no name for a log
//   kUnavailable "disk.full", "disk.unwritable"
base::Result<Recovered> Recover(const RecoveryOrder& order);

// What the first entry of a log says of an older one; nullopt for a log that began by itself.
struct OlderLog {
  std::string origin;
  TreeHead head;           // Of its last known checkpoint.
  std::uint64_t kept = 0;  // Of its entries, from the first on.
};
// kCorrupted "record.damaged" and those of reading.
base::Result<std::optional<OlderLog>> OlderLogOf(const Ledger& ledger);

// Whether the ledger may go on as the log of that origin.
// kConflict "recovery.same-origin": it was recovered, and is to have another name than the old log;
// kConflict "recovery.other-origin": its checkpoints have another name, and it was not recovered
// since.
base::Status RequireOrigin(const Ledger& ledger, std::string_view origin);

}  // namespace vault
