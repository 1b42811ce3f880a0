#include "vault/audit.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/file.h"
#include "vault/directory.h"
#include "vault/log_store.h"
#include "vault/merkle.h"
#include "vault/record_codec.h"
#include "vault/segments.h"
#include "vault/signed_note.h"
#include "vault/tile.h"
#include "vault/witnessing.h"

namespace vault {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kMostFindings = 1000;
constexpr std::size_t kMaxNote = std::size_t{256} << 10U;
constexpr std::size_t kMaxBundle = kTileWidth * (2 + 65'535);
constexpr std::uint64_t kProgressEvery = 1U << 16U;

class Auditor {
 public:
  Auditor(const AuditOrder& order, VerifierKey log, std::vector<VerifierKey> witnesses)
      : order_(order), log_(std::move(log)), witnesses_(std::move(witnesses)) {}

  AuditReport Run(const LogReader& reader) {
    if (const auto edge = reader.CheckedEdge(); !edge.ok()) Find(edge.error());
    const auto size = reader.Size();
    size_ = size.ok() ? size.value() : 0;
    const base::Status walked = WalkLog(reader);
    if (!walked.ok()) Find(walked.error());
    report_.head = {next_, RootOfPeaks(peaks_)};
    if (!order_.skip_documents) {
      const base::Status checked = WalkDocuments(reader);
      if (!checked.ok() && walked.ok()) Find(checked.error());
    }
    return std::move(report_);
  }

  AuditReport RunTiles() {
    const auto note = base::ReadFile(order_.data / "checkpoint", kMaxNote);
    const auto head = note.ok() ? NotedHead(base::AsText(note.value()), log_.name)
                                : base::Result<TreeHead>(note.error());
    if (!head.ok()) {
      Find(head.error());
      return std::move(report_);
    }
    size_ = head.value().size;
    const base::Status walked = WalkTiles();
    if (!walked.ok()) Find(walked.error());
    report_.head = {next_, RootOfPeaks(peaks_)};
    if (walked.ok()) CheckCheckpoint({.size = size_, .note = base::ToString(note.value())});
    return std::move(report_);
  }

 private:
  void Find(const Error& error) {
    if (++report_.finding_count <= kMostFindings)
      report_.findings.push_back({error.reason, error.message});
  }
  void Find(const char* reason, std::string detail) {
    Find(Error{ErrorCode::kCorrupted, reason, std::move(detail)});
  }
  void Tell(const char* what, std::uint64_t done) const {
    if (order_.progress && (done % kProgressEvery == 0 || done == size_))
      order_.progress(what, done, size_);
  }

  base::Status WalkLog(const LogReader& reader);
  void CheckNodes(const LogReader::Row& row);
  void TakeCheckpoint(const LogReader& reader, std::uint64_t from);
  void CheckCheckpoint(const Ledger::Checkpoint& kept);
  void CheckCosignatures(const SignedNote& note, const std::string& where);
  void CheckStamp(const Ledger::Checkpoint& kept, const std::string& where);
  base::Status WalkDocuments(const LogReader& reader);
  base::Status WalkTiles();
  void TakeLeaf(const base::Sha256Digest& leaf);
  void CheckTile(unsigned level);

  const AuditOrder& order_;
  const VerifierKey log_;
  const std::vector<VerifierKey> witnesses_;
  AuditReport report_;
  std::uint64_t size_ = 0;
  std::uint64_t next_ = 0;  // Entries walked.
  Digests peaks_;           // Of those, as stored, each held against its children.
  std::optional<Ledger::Checkpoint> checkpoint_;  // The next one.
  std::array<base::Bytes, 8> tiles_;  // RunTiles(): hashes of the tile under way, by level.
  std::array<std::uint64_t, 8> tile_index_{};  // Its number.
};

base::Status Auditor::WalkLog(const LogReader& reader) {
  TakeCheckpoint(reader, 0);
  RETURN_IF_ERROR(reader.ForEachRow([&](const LogReader::Row& row) -> base::Status {
    CheckNodes(row);
    ++next_;
    if (checkpoint_ && checkpoint_->size == next_) {
      CheckCheckpoint(*checkpoint_);
      TakeCheckpoint(reader, next_ + 1);
    }
    Tell("log", next_);
    return base::Ok();
  }));
  for (; checkpoint_; TakeCheckpoint(reader, checkpoint_->size + 1))
    Find("checkpoint.damaged", "a checkpoint of " + std::to_string(checkpoint_->size) +
                                   ", and only " + std::to_string(next_) + " entries");
  ASSIGN_OR_RETURN(const std::uint64_t stamps, reader.StampCount());
  if (stamps != report_.stamps)
    Find("checkpoint.damaged", std::to_string(stamps) + " time-stamps, over " +
                                   std::to_string(report_.stamps) + " checkpoints");
  return base::Ok();
}

// Each stored hash against what lies right below it: so one that is damaged is named, and does not
// drag along all those above it. Together they are the tree.
void Auditor::CheckNodes(const LogReader::Row& row) {
  if (LeafHash(row.encoded) != row.Hash(0))
    Find("ledger.entry-damaged", "entry " + std::to_string(next_) + ": leaf hash differs");
  const unsigned completed = CompletedBy(next_);
  for (unsigned level = 1; level < completed; ++level) {
    if (NodeHash(peaks_.back(), row.Hash(level - 1)) != row.Hash(level))
      Find("ledger.tree-damaged", "entry " + std::to_string(next_) + ": node of level " +
                                      std::to_string(level) + " does not fit its children");
    peaks_.pop_back();
  }
  peaks_.push_back(row.Hash(completed - 1));
}

void Auditor::TakeCheckpoint(const LogReader& reader, std::uint64_t from) {
  checkpoint_.reset();
  auto next = reader.CheckpointFrom(from);
  if (next.ok()) {
    checkpoint_ = std::move(next).value();
    return;
  }
  Find(next.error());
  // The one behind the damaged one: sizes are keys, so it is found by asking on.
  const auto behind = reader.SizeOfCheckpointFrom(from);
  if (behind.ok() && behind.value()) TakeCheckpoint(reader, *behind.value() + 1);
}

void Auditor::CheckCheckpoint(const Ledger::Checkpoint& kept) {
  ++report_.checkpoints;
  const std::string where = "checkpoint of " + std::to_string(kept.size);
  const auto note = ParseSignedNote(kept.note);
  const auto said = note ? ParseCheckpoint(note->text) : std::nullopt;
  if (!said || said->origin != log_.name || said->size != kept.size)
    return Find("checkpoint.damaged", where + ": not one of " + log_.name + " for that size");
  if (CheckNote(*note, log_) != NoteCheck::kVerified)
    return Find("checkpoint.damaged", where + ": not signed by " + log_.name);
  if (said->root != RootOfPeaks(peaks_))
    return Find("ledger.tree-damaged", where + ": the entries have another root");
  report_.checkpointed = kept.size;
  CheckCosignatures(*note, where);
  CheckStamp(kept, where);
}

void Auditor::CheckCosignatures(const SignedNote& note, const std::string& where) {
  std::size_t known = 0;
  for (const VerifierKey& witness : witnesses_) {
    std::size_t lines = 0;
    for (const NoteSignature& line : note.signatures)
      if (line.name == witness.name && line.key_id == witness.key_id) ++lines;
    known += lines;
    const NoteCheck check = CheckNote(note, witness);
    if (check == NoteCheck::kVerified) ++report_.cosigned[witness.name];
    if (check == NoteCheck::kBadSignature)
      Find("witness.bad-cosignature", where + ": of " + witness.name);
  }
  for (const NoteSignature& line : note.signatures)
    if (line.name == log_.name && line.key_id == log_.key_id) ++known;
  report_.unknown_cosignatures += note.signatures.size() - known;
}

void Auditor::CheckStamp(const Ledger::Checkpoint& kept, const std::string& where) {
  if (kept.stamp.empty()) return;
  ++report_.stamps;
  if (!order_.read_stamp) {
    ++report_.unchecked_stamps;
    return;
  }
  const auto time =
      order_.read_stamp(kept.stamp, base::Sha256(base::AsBytes(SignedPart(kept.note))));
  if (!time.ok()) Find(time.error().reason.c_str(), where + ": " + time.error().message);
}

base::Status Auditor::WalkDocuments(const LogReader& reader) {
  const auto files = SegmentFilesOf(order_.data);
  return reader.ForEachRow([&](const LogReader::Row& row) -> base::Status {
    Tell("documents", row.entry.value + 1);
    const std::string where = "entry " + std::to_string(row.entry.value);
    const auto record = DecodeRecord(row.encoded);
    if (!record.ok()) {
      Find("record.damaged", where + ": " + record.error().message);
      return base::Ok();
    }
    if (record.value().kind != RecordKind::kDocument) return base::Ok();
    ++report_.documents;
    const SegmentRef& content = record.value().content;
    const auto file = files.find(content.segment);
    if (file == files.end()) {
      Find("segment.damaged", where + ": no segment " + std::to_string(content.segment));
      return base::Ok();
    }
    const base::Status same = CheckCiphertext(file->second, content, record.value().content_sha256);
    if (!same.ok()) Find(same.error().reason.c_str(), where + ": " + same.error().message);
    report_.document_bytes += content.length;
    return base::Ok();
  });
}

base::Status Auditor::WalkTiles() {
  while (next_ < size_) {
    const Tile tile{0, next_ / kTileWidth, std::min(kTileWidth, size_ - next_)};
    const std::string name = TilePath(tile, true);
    ASSIGN_OR_RETURN(const base::Bytes bundle,
                     base::ReadFile(order_.data / "tile" / name, kMaxBundle));
    base::ByteSpan rest = bundle;
    for (std::uint64_t i = 0; i < tile.width; ++i) {
      const std::size_t length = rest.size() < 2 ? 0 : std::size_t{rest[0]} * 256 + rest[1];
      if (rest.size() < 2 + length)
        return Error{ErrorCode::kCorrupted, "ledger.entry-damaged", name + ": cut short"};
      TakeLeaf(LeafHash(rest.subspan(2, length)));
      rest = rest.subspan(2 + length);
    }
    if (!rest.empty())
      return Error{ErrorCode::kCorrupted, "ledger.entry-damaged", name + ": bytes behind its end"};
  }
  for (unsigned level = 0; level < tiles_.size(); ++level)
    if (!tiles_[level].empty()) CheckTile(level);
  return base::Ok();
}

void Auditor::TakeLeaf(const base::Sha256Digest& leaf) {
  base::Sha256Digest hash = leaf;
  const unsigned completed = CompletedBy(next_);
  for (unsigned level = 0; level < completed; ++level) {
    if (level > 0) {
      hash = NodeHash(peaks_.back(), hash);
      peaks_.pop_back();
    }
    if (level % kTileHeight != 0) continue;
    base::Bytes& tile = tiles_[level / kTileHeight];
    base::Append(hash.span(), tile);
    if (tile.size() == kTileWidth * sizeof(base::Sha256Digest)) CheckTile(level / kTileHeight);
  }
  peaks_.push_back(hash);
  ++next_;
  Tell("log", next_);
}

// That the file has the hashes that the entries gave.
void Auditor::CheckTile(unsigned level) {
  base::Bytes& hashes = tiles_[level];
  const std::string name =
      TilePath({level, tile_index_[level]++, hashes.size() / sizeof(base::Sha256Digest)});
  const auto file = base::ReadFile(order_.data / "tile" / name, hashes.size());
  if (!file.ok()) Find(file.error());
  if (file.ok() && file.value() != hashes)
    Find("ledger.tree-damaged", "tile " + name + " differs from its entries");
  hashes.clear();
}

base::Result<std::vector<VerifierKey>> WitnessKeys(const std::vector<std::string>& texts) {
  std::vector<VerifierKey> keys;
  for (const std::string& text : texts) {
    RETURN_IF_ERROR(WitnessName(text));
    keys.push_back(*ParseVerifierKey(text));
  }
  return keys;
}

base::Result<VerifierKey> LogKeyOf(const std::string& text) {
  const auto key = ParseVerifierKey(text);
  if (!key || key->type != NoteKeyType::kEd25519)
    return Error{ErrorCode::kInvalidInput, "receipt.bad-verifier-key", "not origin+id+base64"};
  return *key;
}

}  // namespace

base::Result<AuditReport> Audit(const AuditOrder& order) {
  ASSIGN_OR_RETURN(VerifierKey log, LogKeyOf(order.log_key));
  ASSIGN_OR_RETURN(std::vector<VerifierKey> witnesses, WitnessKeys(order.witnesses));
  std::error_code error;
  if (!std::filesystem::exists(order.data / "ledger" / "data.mdb", error))
    return Error{ErrorCode::kNotFound, "file.missing", "no ledger in " + order.data.string()};
  // A copy may lack the file, and lie where nothing can be written.
  base::UniqueFd lock;
  if (std::filesystem::exists(order.data / "lock", error)) {
    auto locked = LockFile(order.data / "lock");
    if (locked.ok()) lock = std::move(locked).value();
    if (!locked.ok() && locked.error().reason == "vault.locked") return locked.error();
  }
  ASSIGN_OR_RETURN(const LogStore store, LogStore::OpenCopy(order.data / "ledger"));
  ASSIGN_OR_RETURN(const LogReader reader, store.BeginRead());
  return Auditor(order, std::move(log), std::move(witnesses)).Run(reader);
}

base::Result<AuditReport> AuditTiles(const AuditOrder& order) {
  ASSIGN_OR_RETURN(VerifierKey log, LogKeyOf(order.log_key));
  ASSIGN_OR_RETURN(std::vector<VerifierKey> witnesses, WitnessKeys(order.witnesses));
  std::error_code error;
  if (!std::filesystem::exists(order.data / "checkpoint", error))
    return Error{ErrorCode::kNotFound, "file.missing", "no log in " + order.data.string()};
  return Auditor(order, std::move(log), std::move(witnesses)).RunTiles();
}

}  // namespace vault
