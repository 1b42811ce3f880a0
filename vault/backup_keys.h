// The key part of a backup: every row of the key tree by its hash, and the rows that are new
// (docs/formats/backup.md).
#pragma once

#include <map>
#include <optional>

#include "vault/backup.h"
#include "vault/backup_parts.h"

namespace vault {

struct KeyListing {
  std::optional<KeyTop> top;
  std::optional<UnfinishedErasure> erasure;
  std::map<KeyNode, base::Sha256Digest> rows;  // The hash of each.
};

// SHA-256 over level, index and row.
base::Sha256Digest HashOf(const KeyRow& row);

// The one behind it in the order of level and index.
KeyNode NextNode(const KeyNode& node);

base::Status PutKeyHead(const KeySlice& head, PartWriter& part);
// Whether the row is another than in the backup before, and so stands there whole.
base::Result<bool> PutKeyRow(const KeyRow& row, const KeyListing& before, PartWriter& part);

// Reads a key part; `on_row` (which may be empty) is told the rows that stand there whole.
// kCorrupted "backup.damaged", and what `on_row` answers.
using KeyRowTaker = std::function<base::Status(const KeyRow& row)>;
base::Result<KeyListing> ReadKeyPart(const std::filesystem::path& file, std::uint64_t number,
                                     const BackupPart& expected, const KeyRowTaker& on_row);

inline base::Result<KeyListing> ReadKeyListing(const std::filesystem::path& set,
                                               const BackupManifest& manifest) {
  return ReadKeyPart(set / BackupFolder(manifest.number) / kKeysPart, manifest.number,
                     manifest.keys, {});
}

}  // namespace vault
