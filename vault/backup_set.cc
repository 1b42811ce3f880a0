#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "vault/backup.h"
#include "vault/backup_keys.h"
#include "vault/backup_parts.h"
#include "vault/merkle.h"
#include "vault/record_codec.h"
#include "vault/signed_note.h"

namespace vault {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorCode;

// A checkpoint of this log, signed by its key; nullopt otherwise.
std::optional<CheckpointText> SignedCheckpoint(std::string_view note, const VerifierKey& key,
                                               std::string& signed_text) {
  const auto parsed = ParseSignedNote(note);
  if (!parsed || CheckNote(*parsed, key) != NoteCheck::kVerified) return std::nullopt;
  auto text = ParseCheckpoint(parsed->text);
  if (!text || text->origin != key.name) return std::nullopt;
  signed_text = parsed->text;
  return text;
}

// Reads one set from its start to its end.
class SetReader {
 public:
  SetReader(fs::path set, VerifierKey key, std::optional<CheckpointText> known,
            BackupReader* reader)
      : set_(std::move(set)), key_(std::move(key)), known_(std::move(known)), reader_(reader) {}

  base::Result<BackupSummary> Run(const std::vector<ChainLink>& chain) {
    for (const ChainLink& link : chain) {
      RETURN_IF_ERROR(ReadLog(link.manifest));
      RETURN_IF_ERROR(CheckHead(link.manifest));
    }
    RETURN_IF_ERROR(ReadKeys(chain));
    return summary_;
  }

 private:
  base::Status ReadLog(const BackupManifest& manifest);
  base::Status ReadContent(PartReader& part, const BackupManifest& manifest, const Record& record);
  base::Status CheckHead(const BackupManifest& manifest);
  base::Status ReadKeys(const std::vector<ChainLink>& chain);
  base::Status TakeRow(const KeyRow& row, const KeyListing& newest);

  const fs::path set_;
  const VerifierKey key_;
  const std::optional<CheckpointText> known_;
  BackupReader* const reader_;
  BackupSummary summary_;
  Edge edge_;
  std::set<KeyNode> leaves_;  // That entries name, by their slots.
  std::set<KeyNode> rows_;    // That were taken.
};

base::Status SetReader::ReadLog(const BackupManifest& manifest) {
  ASSIGN_OR_RETURN(PartReader part,
                   PartReader::Open(set_ / BackupFolder(manifest.number) / kLogPart,
                                    manifest.number, manifest.log));
  for (std::uint64_t entry = manifest.from; entry < manifest.to; ++entry) {
    ASSIGN_OR_RETURN(const std::uint64_t size, part.TakeNumber(4));
    ASSIGN_OR_RETURN(const base::Bytes encoded, part.Take(size));
    const auto record = DecodeRecord(encoded);
    if (!record.ok())
      return BackupDamaged(manifest.number,
                           "entry " + std::to_string(entry) + ": " + record.error().message);
    edge_.Append(LeafHash(encoded));
    if (known_ && known_->size == edge_.size() && known_->root != edge_.Root())
      return Error{ErrorCode::kConflict, "backup.other-vault",
                   "it does not fit the known checkpoint of " + std::to_string(known_->size)};
    if (record.value().key.value != 0) leaves_.insert(LeafOf(record.value().key));
    if (reader_ != nullptr) RETURN_IF_ERROR(reader_->Entry(record.value()));
    if (record.value().kind == RecordKind::kDocument)
      RETURN_IF_ERROR(ReadContent(part, manifest, record.value()));
  }
  return std::move(part).Finish();
}

base::Status SetReader::ReadContent(PartReader& part, const BackupManifest& manifest,
                                    const Record& record) {
  ++summary_.documents;
  if (record.content.segment == 0) return base::Ok();  // It lies in its entry.
  const std::uint64_t length = record.content.length;
  base::Sha256Stream hash;
  for (std::uint64_t at = 0; at < length;) {
    ASSIGN_OR_RETURN(const base::Bytes piece,
                     part.Take(std::min(length - at, PartReader::kMostAtOnce)));
    hash.Update(piece);
    if (reader_ != nullptr) RETURN_IF_ERROR(reader_->Content(record, at, piece));
    at += piece.size();
  }
  if (std::move(hash).Finish() != record.content_sha256)
    return BackupDamaged(manifest.number, "document " + record.id.Text());
  summary_.document_bytes += length;
  return base::Ok();
}

base::Status SetReader::CheckHead(const BackupManifest& manifest) {
  const auto checkpoint = SignedCheckpoint(manifest.checkpoint, key_, summary_.checkpoint);
  if (!checkpoint)
    return Error{ErrorCode::kConflict, "backup.other-vault",
                 "backup " + std::to_string(manifest.number) + " is not signed by " + key_.name};
  if (checkpoint->size != edge_.size() || checkpoint->root != edge_.Root())
    return BackupDamaged(manifest.number, "its entries are not those of its checkpoint");
  summary_.number = manifest.number;
  summary_.made_at = manifest.made_at;
  summary_.origin = checkpoint->origin;
  summary_.head = {checkpoint->size, checkpoint->root};
  return base::Ok();
}

// From the newest back, each row as it was last.
base::Status SetReader::ReadKeys(const std::vector<ChainLink>& chain) {
  const std::uint64_t number = summary_.number;
  ASSIGN_OR_RETURN(const KeyListing newest, ReadKeyListing(set_, chain.back().manifest));
  for (std::size_t i = chain.size(); i-- > 0;) {
    const BackupManifest& manifest = chain[i].manifest;
    const auto take = [&](const KeyRow& row) { return TakeRow(row, newest); };
    RETURN_IF_ERROR(ReadKeyPart(set_ / BackupFolder(manifest.number) / kKeysPart, manifest.number,
                                manifest.keys, take));
  }
  if (rows_.size() != newest.rows.size()) return BackupDamaged(number, "a key row is nowhere");
  for (const KeyNode& leaf : leaves_)
    if (!newest.rows.contains(leaf))
      return BackupDamaged(number, "no keys of leaf " + std::to_string(leaf.index));
  summary_.key_rows = rows_.size();
  if (reader_ == nullptr || !newest.top) return base::Ok();
  return reader_->Keys(*newest.top, newest.erasure);
}

base::Status SetReader::TakeRow(const KeyRow& row, const KeyListing& newest) {
  const auto listed = newest.rows.find(row.node);
  if (listed == newest.rows.end() || listed->second != HashOf(row)) return base::Ok();  // Older.
  if (!rows_.insert(row.node).second) return base::Ok();
  return reader_ == nullptr ? base::Ok() : reader_->Row(row);
}

}  // namespace

base::Result<BackupSummary> ReadBackup(const fs::path& set, const BackupCheck& check,
                                       BackupReader* reader) {
  const auto key = ParseVerifierKey(check.verifier_key);
  if (!key || key->type != NoteKeyType::kEd25519)
    return Error{ErrorCode::kInvalidInput, "receipt.bad-verifier-key", "not a verifier key"};
  std::optional<CheckpointText> known;
  if (check.known_checkpoint) {
    std::string text;
    known = SignedCheckpoint(*check.known_checkpoint, *key, text);
    if (!known)
      return Error{ErrorCode::kInvalidInput, "backup.bad-checkpoint",
                   "not a checkpoint signed by " + key->name};
  }
  std::error_code ignored;
  if (!fs::is_directory(set, ignored))
    return Error{ErrorCode::kNotFound, "backup.none", set.string() + " is not there"};
  ASSIGN_OR_RETURN(const std::vector<ChainLink> chain, ReadBackupChain(set));
  if (chain.empty()) return Error{ErrorCode::kNotFound, "backup.none", "none in " + set.string()};
  ASSIGN_OR_RETURN(const BackupSummary summary, SetReader(set, *key, known, reader).Run(chain));
  if (known && known->size > summary.head.size && !check.may_be_older)
    return Error{ErrorCode::kConflict, "backup.older",
                 "it ends at " + std::to_string(summary.head.size) + ", the checkpoint at " +
                     std::to_string(known->size)};
  return summary;
}

}  // namespace vault
