#include <unistd.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/file.h"
#include "vault/backup.h"
#include "vault/backup_keys.h"
#include "vault/backup_parts.h"
#include "vault/directory.h"
#include "vault/signed_note.h"

namespace vault {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorCode;

constexpr std::size_t kRowsAtOnce = 64;  // In one transaction: about a megabyte.
constexpr int kKeyTries = 3;

base::Result<CheckpointText> TextOf(std::string_view note) {
  const auto parsed = ParseSignedNote(note);
  const auto text = parsed ? ParseCheckpoint(parsed->text) : std::nullopt;
  if (text) return *text;
  return Error{ErrorCode::kCorrupted, "checkpoint.damaged", "not a checkpoint"};
}

// The last backup of the set was made of a log that has grown into this one.
base::Status RequireSameLog(const Ledger& ledger, const BackupManifest& last,
                            const CheckpointText& now) {
  const Error other{ErrorCode::kConflict, "backup.other-vault",
                    "backup " + std::to_string(last.number) + " is not of this ledger"};
  ASSIGN_OR_RETURN(const CheckpointText old, TextOf(last.checkpoint));
  if (old.origin != now.origin || old.size != last.to || old.size > now.size) return other;
  ASSIGN_OR_RETURN(const TreeHead head, ledger.HeadAt(old.size));
  return head.root == old.root ? base::Ok() : base::Status(other);
}

base::Status PutContent(const BackupSource& source, const Record& record, PartWriter& log,
                        BackupMade& made) {
  ++made.documents;
  if (record.content.segment == 0) return base::Ok();  // It lies in its entry.
  return source.segments.Copy(record.content, record.content_sha256,
                              [&log](base::ByteSpan piece) { return log.Put(piece); });
}

base::Result<BackupPart> WriteLog(const BackupSource& source, const fs::path& file,
                                  BackupMade& made) {
  ASSIGN_OR_RETURN(PartWriter log, PartWriter::Create(file));
  for (std::uint64_t entry = made.from; entry < made.to; ++entry) {
    ASSIGN_OR_RETURN(const StoredRecord stored, source.ledger.Read({entry}));
    RETURN_IF_ERROR(log.PutNumber(stored.encoded.size(), 4));
    RETURN_IF_ERROR(log.Put(stored.encoded));
    if (stored.record.kind == RecordKind::kDocument)
      RETURN_IF_ERROR(PutContent(source, stored.record, log, made));
  }
  return std::move(log).Finish();
}

struct KeysWritten {
  BackupPart part;
  bool changed = false;
};

// Rows are read a few at a time, so that no reader is long. Leaves that are added meanwhile do no
// harm: all that the entries name were there before. An erasure changes the top: then anew.
base::Result<std::optional<KeysWritten>> TryKeys(const KeyStore& keys, const fs::path& file,
                                                 const KeyListing& before) {
  ASSIGN_OR_RETURN(KeySlice slice, keys.RowsFrom({}, kRowsAtOnce));
  const KeySlice first{slice.top, slice.erasure, {}};
  ASSIGN_OR_RETURN(PartWriter part, PartWriter::Create(file));
  RETURN_IF_ERROR(PutKeyHead(first, part));
  KeysWritten written;
  written.changed = before.top != first.top || before.erasure != first.erasure;
  std::size_t rows = 0;
  while (!slice.rows.empty()) {
    for (const KeyRow& row : slice.rows) {
      ASSIGN_OR_RETURN(const bool changed, PutKeyRow(row, before, part));
      written.changed = written.changed || changed;
      ++rows;
    }
    ASSIGN_OR_RETURN(slice, keys.RowsFrom(NextNode(slice.rows.back().node), kRowsAtOnce));
    if (slice.top != first.top || slice.erasure != first.erasure)
      return std::optional<KeysWritten>();
  }
  written.changed = written.changed || rows != before.rows.size();
  ASSIGN_OR_RETURN(written.part, std::move(part).Finish());
  return std::optional(written);
}

base::Result<KeysWritten> WriteKeys(const KeyStore& keys, const fs::path& file,
                                    const KeyListing& before) {
  for (int attempt = 0; attempt < kKeyTries; ++attempt) {
    ASSIGN_OR_RETURN(const auto written, TryKeys(keys, file, before));
    if (written) return *written;
    ::unlink(file.c_str());
  }
  return Error{ErrorCode::kUnavailable, "backup.busy", "the key tree changes all the time"};
}

// What is on the volume is what was meant.
base::Status ReadBack(const fs::path& folder, const BackupManifest& manifest) {
  for (const auto& [name, part] :
       {std::pair(kLogPart, manifest.log), std::pair(kKeysPart, manifest.keys)}) {
    ASSIGN_OR_RETURN(PartReader reader, PartReader::Open(folder / name, manifest.number, part));
    while (reader.left() > 0)
      RETURN_IF_ERROR(reader.Take(std::min(reader.left(), PartReader::kMostAtOnce)));
    RETURN_IF_ERROR(std::move(reader).Finish());
  }
  return base::Ok();
}

base::Status RemoveFolder(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (!error) return base::Ok();
  return Error{ErrorCode::kUnavailable, "disk.unwritable",
               folder.string() + ": " + error.message()};
}

base::Status Rename(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error)
    return Error{ErrorCode::kUnavailable, "disk.unwritable", to.string() + ": " + error.message()};
  return SyncDirectory(to.parent_path());
}

}  // namespace

base::Result<BackupMade> WriteBackup(const BackupSource& source, const fs::path& set,
                                     const Ledger::Checkpoint& checkpoint, base::Time now) {
  std::error_code ignored;
  // Not made here: an empty mount point would take backups that nobody finds later.
  if (!fs::is_directory(set, ignored))
    return Error{ErrorCode::kNotFound, "backup.no-folder", set.string()};
  ASSIGN_OR_RETURN(const base::UniqueFd lock, LockFile(set / "lock"));
  const fs::path making = set / kUnfinishedFolder;
  RETURN_IF_ERROR(RemoveFolder(making));
  ASSIGN_OR_RETURN(const std::vector<ChainLink> chain, ReadBackupChain(set));
  ASSIGN_OR_RETURN(const CheckpointText text, TextOf(checkpoint.note));
  BackupMade made{.number = chain.size() + 1, .from = 0, .to = text.size};
  KeyListing before;
  if (!chain.empty()) {
    const BackupManifest& last = chain.back().manifest;
    RETURN_IF_ERROR(RequireSameLog(source.ledger, last, text));
    made.from = last.to;
    ASSIGN_OR_RETURN(before, ReadKeyListing(set, last));
  }

  RETURN_IF_ERROR(MakeDirectory(making));
  BackupManifest manifest{.number = made.number,
                          .previous = std::nullopt,
                          .made_at = now,
                          .from = made.from,
                          .to = made.to,
                          .log = {},
                          .keys = {},
                          .checkpoint = checkpoint.note};
  if (!chain.empty()) manifest.previous = chain.back().sha256;
  ASSIGN_OR_RETURN(manifest.log, WriteLog(source, making / kLogPart, made));
  // After the entries: every slot they name was in the key tree before.
  ASSIGN_OR_RETURN(const KeysWritten keys, WriteKeys(source.keys, making / kKeysPart, before));
  manifest.keys = keys.part;
  made.bytes = manifest.log.size + manifest.keys.size;
  if (!chain.empty() && made.from == made.to && !keys.changed) {
    RETURN_IF_ERROR(RemoveFolder(making));
    return BackupMade{.number = chain.size(),
                      .from = made.from,
                      .to = made.to,
                      .documents = 0,
                      .bytes = 0,
                      .nothing_new = true};
  }
  RETURN_IF_ERROR(base::ReplaceFile(making / kManifestFile, base::AsBytes(manifest.Text()), 0600));
  RETURN_IF_ERROR(SyncDirectory(making));
  RETURN_IF_ERROR(ReadBack(making, manifest));
  RETURN_IF_ERROR(Rename(making, set / BackupFolder(made.number)));
  return made;
}

}  // namespace vault
