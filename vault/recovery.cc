#include "vault/recovery.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <utility>

#include "vault/directory.h"
#include "vault/segment_file.h"
#include "vault/segment_name.h"
#include "vault/signed_note.h"

namespace vault {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorCode;

constexpr std::size_t kRowsAtOnce = 64;
constexpr std::size_t kMostOrigin = 256;

// Puts documents where the entries say that they lie.
class SegmentRestorer {
 public:
  explicit SegmentRestorer(fs::path directory) : directory_(std::move(directory)) {}

  base::Status Put(const Record& record, std::uint64_t at, base::ByteSpan piece) {
    if (!IsAgency(record.agency) || record.content.offset < kSegmentHeaderSize)
      return Error{ErrorCode::kCorrupted, "backup.damaged",
                   "document " + record.id.Text() + " has no place"};
    const auto& series =
        series_.try_emplace(record.content.segment, SeriesOf(record.agency, record.stored_at))
            .first->second;
    const fs::path path = directory_ / SegmentName(record.content.segment, series);
    std::error_code error;
    if (!fs::exists(path, error))
      RETURN_IF_ERROR(SegmentFile::Create(path, record.content.segment));
    return WriteSegmentAt(path, record.content.offset + at, piece);
  }

  base::Status Finish() const {
    for (const auto& [number, series] : series_)
      RETURN_IF_ERROR(SyncSegment(directory_ / SegmentName(number, series)));
    return SyncDirectory(directory_);
  }

 private:
  const fs::path directory_;
  std::map<std::uint64_t, Series> series_;
};

// Makes a vault of what a backup tells.
class VaultMaker final : public BackupReader {
 public:
  struct Parts {
    std::unique_ptr<Ledger> ledger;
    std::unique_ptr<KeyStore> keys;
  };
  VaultMaker(Parts parts, const fs::path& data, const std::vector<RecordId>& erased)
      : parts_(std::move(parts)),
        segments_(data / "segments"),
        to_erase_(erased.begin(), erased.end()) {}

  base::Status Begin(Record recovery) {
    RETURN_IF_ERROR(parts_.ledger->Append(std::move(recovery)));
    return base::Ok();
  }

  base::Status Entry(const Record& record) override {
    waiting_.push_back(record);
    if (to_erase_.contains(record.id)) {
      ++erased_;
      if (record.key.value != 0) slots_.insert(record.key.value);
    }
    return waiting_.size() < Ledger::kMostAtOnce ? base::Ok() : AppendWaiting();
  }

  base::Status Content(const Record& record, std::uint64_t at, base::ByteSpan piece) override {
    return segments_.Put(record, at, piece);
  }

  base::Status Row(const KeyRow& row) override {
    rows_.rows.push_back(row);
    if (row.node.level == kKeyLeafLevel) Erase(rows_.rows.back());
    return rows_.rows.size() < kRowsAtOnce ? base::Ok() : PutRows();
  }

  base::Status Keys(const KeyTop& top, const std::optional<UnfinishedErasure>& erasure) override {
    rows_.top = top;
    rows_.erasure = erasure;
    return PutRows();
  }

  base::Status Finish() {
    RETURN_IF_ERROR(AppendWaiting());
    return segments_.Finish();
  }
  std::uint64_t erased() const { return erased_; }

 private:
  base::Status AppendWaiting() {
    if (waiting_.empty()) return base::Ok();
    RETURN_IF_ERROR(parts_.ledger->AppendAll(std::exchange(waiting_, {})));
    return base::Ok();
  }

  base::Status PutRows() { return parts_.keys->PutBack(std::exchange(rows_, {})); }

  // A wrapped key that is not put back opens nothing here.
  void Erase(KeyRow& leaf) const {
    const auto first = static_cast<std::uint32_t>(leaf.node.index * kKeyFanOut);
    for (auto slot = slots_.lower_bound(first); slot != slots_.end() && *slot - first < kKeyFanOut;
         ++slot)
      std::fill_n(leaf.row.begin() + static_cast<std::ptrdiff_t>((*slot - first) * kWrappedKeySize),
                  kWrappedKeySize, std::uint8_t{0});
  }

  Parts parts_;
  SegmentRestorer segments_;
  const std::set<RecordId> to_erase_;
  std::vector<Record> waiting_;
  KeySlice rows_;
  std::set<std::uint32_t> slots_;  // Of the records that are to be erased.
  std::uint64_t erased_ = 0;
};

base::Status CheckOrder(const RecoveryOrder& order) {
  // As in a note's first line: C2SP signed-note wants neither white space nor plus in a key's name.
  const bool bad =
      order.origin.empty() || order.origin.size() > kMostOrigin ||
      std::ranges::any_of(order.origin, [](char c) { return c <= ' ' || c == '+' || c == 0x7F; });
  if (bad) return Error{ErrorCode::kInvalidInput, "recovery.bad-origin", order.origin};
  const auto key = ParseVerifierKey(order.verifier_key);
  if (key && key->name == order.origin)
    return Error{ErrorCode::kConflict, "recovery.same-origin", order.origin};
  std::error_code error;
  const fs::file_status status = fs::symlink_status(order.data, error);
  if (!fs::exists(status)) return base::Ok();
  if (fs::is_directory(status) && fs::is_empty(order.data, error) && !error) return base::Ok();
  return Error{ErrorCode::kConflict, "recovery.folder-in-use", order.data.string()};
}

// The text of the checkpoint that the new log commits to: the newest that is known.
base::Result<std::string> OldCheckpoint(const RecoveryOrder& order, const BackupSummary& backup) {
  if (!order.checkpoint) return backup.checkpoint;
  const auto note = ParseSignedNote(*order.checkpoint);  // ReadBackup() has seen it to be one.
  const auto text = note ? ParseCheckpoint(note->text) : std::nullopt;
  if (!text) return Error{ErrorCode::kInvalidInput, "backup.bad-checkpoint", "not a checkpoint"};
  return text->size > backup.head.size ? note->text : backup.checkpoint;
}

Record RecoveryRecord(const RecoveryOrder& order, const BackupSummary& backup,
                      std::string checkpoint) {
  Record record;
  record.kind = RecordKind::kRecovery;
  record.id = RecordId::New();
  record.stored_at = order.now;
  record.commitment = base::Sha256(base::AsBytes(checkpoint));
  record.kept = backup.head.size;
  record.old_checkpoint = std::move(checkpoint);
  return record;
}

base::Result<VaultMaker::Parts> NewVault(const fs::path& data) {
  VaultMaker::Parts parts;
  ASSIGN_OR_RETURN(parts.ledger, Ledger::Open(data, {}));
  ASSIGN_OR_RETURN(parts.keys, KeyStore::Open(data, {}));
  RETURN_IF_ERROR(MakeDirectory(data / "segments"));
  return parts;
}

}  // namespace

base::Result<Recovered> Recover(const RecoveryOrder& order) {
  RETURN_IF_ERROR(CheckOrder(order));
  BackupCheck check{
      .verifier_key = order.verifier_key, .known_checkpoint = std::nullopt, .may_be_older = true};
  if (order.checkpoint) check.known_checkpoint = *order.checkpoint;
  // Once to know that it is whole, and where it ends: the first entry says so.
  ASSIGN_OR_RETURN(const BackupSummary backup, ReadBackup(order.from, check, nullptr));
  ASSIGN_OR_RETURN(const std::string checkpoint, OldCheckpoint(order, backup));

  const fs::path working = order.data.string() + ".recovering";
  std::error_code error;
  fs::remove_all(working, error);
  Recovered recovered{.backup = backup};
  {
    ASSIGN_OR_RETURN(VaultMaker::Parts parts, NewVault(working));
    VaultMaker maker(std::move(parts), working, order.erased);
    RETURN_IF_ERROR(maker.Begin(RecoveryRecord(order, backup, checkpoint)));
    ASSIGN_OR_RETURN(const BackupSummary again, ReadBackup(order.from, check, &maker));
    if (again.head != backup.head || again.number != backup.number)
      return Error{ErrorCode::kCorrupted, "backup.damaged", "it changed while it was read"};
    RETURN_IF_ERROR(maker.Finish());
    recovered.erased = maker.erased();
  }
  const std::set<RecordId> erased(order.erased.begin(), order.erased.end());
  recovered.erased_unknown = erased.size() - recovered.erased;
  recovered.lost_from = backup.head.size;
  recovered.lost_to = ParseCheckpoint(checkpoint)->size;
  fs::rename(working, order.data, error);
  if (error)
    return Error{ErrorCode::kUnavailable, "disk.unwritable",
                 order.data.string() + ": " + error.message()};
  RETURN_IF_ERROR(SyncDirectory(order.data.parent_path()));
  return recovered;
}

base::Result<std::optional<OlderLog>> OlderLogOf(const Ledger& ledger) {
  ASSIGN_OR_RETURN(const TreeHead head, ledger.Head());
  if (head.size == 0) return std::optional<OlderLog>();
  ASSIGN_OR_RETURN(const StoredRecord first, ledger.Read({0}));
  if (first.record.kind != RecordKind::kRecovery) return std::optional<OlderLog>();
  const auto text = ParseCheckpoint(first.record.old_checkpoint);
  if (!text) return Error{ErrorCode::kCorrupted, "record.damaged", "the recovery's checkpoint"};
  return std::optional(OlderLog{text->origin, {text->size, text->root}, first.record.kept});
}

base::Status RequireOrigin(const Ledger& ledger, std::string_view origin) {
  ASSIGN_OR_RETURN(const auto older, OlderLogOf(ledger));
  if (older && older->origin == origin)
    return Error{ErrorCode::kConflict, "recovery.same-origin",
                 "the log was recovered from one of this name: " + older->origin};
  const auto newest = ledger.LatestCheckpoint();
  if (!newest.ok() && newest.error().code == ErrorCode::kNotFound) return base::Ok();
  if (!newest.ok()) return newest.error();
  const auto note = ParseSignedNote(newest.value().note);
  const auto text = note ? ParseCheckpoint(note->text) : std::nullopt;
  if (text && text->origin == origin) return base::Ok();
  return Error{ErrorCode::kConflict, "recovery.other-origin",
               "the newest checkpoint is of " + (text ? text->origin : std::string("nobody"))};
}

}  // namespace vault
