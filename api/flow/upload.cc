#include "api/flow/upload.h"

#include <sys/stat.h>

#include <utility>

#include "api/flow/find_client.h"
#include "api/flow/kept_id.h"
#include "api/flow/sealed_file.h"
#include "base/random.h"

namespace api {
namespace {

using base::Error;
using base::ErrorCode;

// How long a request waits for another one on the same upload, holding its thread.
constexpr std::chrono::seconds kPatience{10};

Error Unknown(const std::string& id) {
  return {ErrorCode::kNotFound, "upload.unknown", id.substr(0, 2 * kKeptIdSize)};
}

Error Busy(const std::string& id) {
  return {ErrorCode::kUnavailable, "upload.busy", id};
}

std::optional<base::Bytes> IdBytes(const std::string& id) {
  auto bytes = base::HexDecode(id);
  if (!bytes || bytes->size() != kKeptIdSize) return std::nullopt;
  return bytes;
}

// Follows from the upload's, so that one upload becomes one entry, however often it is asked for.
vault::RecordId RecordOf(const std::string& id) {
  const base::Sha256Digest digest = base::Sha256(base::AsBytes("edocvault/1 upload " + id));
  vault::RecordId record;
  std::copy_n(digest.bytes.begin(), record.bytes.size(), record.bytes.begin());
  return record;
}

base::Status CheckOrder(const UploadOrder& order) {
  if (order.size == 0) return Error{ErrorCode::kInvalidInput, "document.empty", "no bytes"};
  if (order.size > Uploads::kMostBytes)
    return Error{ErrorCode::kInvalidInput, "upload.bad-size",
                 "at most " + std::to_string(Uploads::kMostBytes) + " bytes"};
  return CheckDocumentFacts(order.facts);
}

}  // namespace

base::Result<std::string> Uploads::Begin(const Caller& caller, const UploadOrder& order) {
  RETURN_IF_ERROR(CheckOrder(order));
  ASSIGN_OR_RETURN(const vault::ClientId client, KnownClient(ledger_, order.client));
  const std::lock_guard beginning(begin_);
  const base::Time now = clock_.Now();
  ASSIGN_OR_RETURN(const UploadFiles::Share share, files_.Tidy(caller.agency, now - kLife));
  ForgetOld(now - kLife);
  if (share.uploads >= kMostWaiting || share.bytes + order.size > kMostBytes)
    return Error{
        ErrorCode::kUnavailable, "upload.too-many",
        std::to_string(share.uploads) + " uploads, " + std::to_string(share.bytes) + " bytes"};

  const base::Bytes owner = KeptId(caller.agency, base::RandomBytes(kKeptIdSize));
  const std::string id = base::HexEncode(owner);
  ASSIGN_OR_RETURN(const NewKey key, keys_.Take());
  base::Json facts;
  facts.Set("caller", caller.name);
  facts.Set("client", client.Text());
  facts.Set("name", order.facts.name);
  facts.Set("mediaType", order.facts.media_type);
  facts.Set("direction", order.facts.direction);
  facts.Set("channel", order.facts.channel);
  facts.Set("size", order.size);
  if (order.sha256) facts.Set("sha256", base::HexEncode(order.sha256->bytes));
  facts.Set("made", std::int64_t{now.time_since_epoch().count()});
  // The file that says what it is comes second, and syncs the names of both.
  RETURN_IF_ERROR(UploadSpool::Create(files_.Spool(id, order.size), key.key, owner, order.size));
  const base::Status written = WriteSealedFile(files_.Facts(id), key, owner, {facts, {}});
  if (written.ok()) return id;
  files_.Remove(id, order.size);
  return written.error();
}

base::Status Uploads::Load(const std::string& id, Open& open) {
  const base::Bytes owner = *IdBytes(id);
  auto file = OpenSealedFile(files_.Facts(id), keys_, owner);
  if (!file.ok()) return file.error().reason == "file.missing" ? Unknown(id) : file.error();
  const base::Json& facts = file.value().content.facts;
  const auto text = [&](const char* name) { return facts.Text(name).value_or(""); };
  const auto size = static_cast<std::uint64_t>(facts.Integer("size").value_or(0));
  const base::Secret& key = file.value().key.key;
  auto spool = UploadSpool::Open(files_.Spool(id, size), key, owner, size);
  if (!spool.ok()) return spool.error().reason == "file.missing" ? Unknown(id) : spool.error();
  open.caller = text("caller");
  open.client = vault::ClientId::Parse(text("client")).value_or(vault::ClientId{});
  open.facts = {.name = text("name"),
                .media_type = text("mediaType"),
                .direction = text("direction"),
                .channel = text("channel")};
  open.sha256 = base::ToSha256Digest(base::HexDecode(text("sha256")).value_or(base::Bytes{}));
  open.made = base::Time{std::chrono::seconds(facts.Integer("made").value_or(0))};
  open.slot = file.value().key.slot;
  open.spool = std::move(spool).value();
  open.record_key = std::move(std::move(file).value().key.key);
  open.is_loaded = true;
  return base::Ok();
}

base::Result<Uploads::Held> Uploads::Hold(const Caller& caller, const std::string& id) {
  if (!IdBytes(id) || !IsKeptFor(caller.agency, id)) return Unknown(id);
  Held held;
  {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<Open>& open = open_[id];
    if (!open) open = std::make_shared<Open>();
    held.open = open;
  }
  held.lock = std::unique_lock(held.open->mutex, kPatience);
  if (!held.lock.owns_lock() || held.open->is_gone) return Busy(id);
  const base::Status loaded = held.open->is_loaded ? base::Ok() : Load(id, *held.open);
  if (!loaded.ok()) {
    Forget(id, *held.open);
    return loaded.error();
  }
  if (held.open->made + kLife < clock_.Now()) {
    Remove(id, *held.open);
    return Unknown(id);
  }
  if (held.open->caller != caller.name) return Unknown(id);
  return held;
}

void Uploads::ForgetOld(base::Time oldest) {
  const std::lock_guard lock(mutex_);
  std::erase_if(open_, [&](const auto& entry) {
    Open& open = *entry.second;
    const std::unique_lock held(open.mutex, std::try_to_lock);
    const bool is_old = held.owns_lock() && open.is_loaded && open.made < oldest;
    if (is_old) open.is_gone = true;
    return is_old;
  });
}

void Uploads::Forget(const std::string& id, Open& open) {
  open.is_gone = true;
  const std::lock_guard lock(mutex_);
  open_.erase(id);
}

void Uploads::Remove(const std::string& id, Open& open) {
  files_.Remove(id, open.spool->size());
  Forget(id, open);
}

base::Result<UploadProgress> Uploads::Look(const Caller& caller, const std::string& id) {
  ASSIGN_OR_RETURN(const Held held, Hold(caller, id));
  return UploadProgress{.kept = held.open->spool->kept(), .size = held.open->spool->size()};
}

base::Result<UploadProgress> Uploads::Append(const Caller& caller, const std::string& id,
                                             std::uint64_t offset, base::ByteSpan piece) {
  ASSIGN_OR_RETURN(const Held held, Hold(caller, id));
  UploadSpool& spool = *held.open->spool;
  if (offset != spool.kept())
    return Error{ErrorCode::kConflict, "upload.other-offset",
                 "goes on at " + std::to_string(spool.kept())};
  if (piece.size() > spool.size() - spool.kept())
    return Error{ErrorCode::kInvalidInput, "upload.too-long",
                 std::to_string(spool.size()) + " bytes were announced"};
  RETURN_IF_ERROR(spool.Append(piece));
  return UploadProgress{.kept = spool.kept(), .size = spool.size()};
}

base::Status Uploads::Drop(const Caller& caller, const std::string& id) {
  ASSIGN_OR_RETURN(const Held held, Hold(caller, id));
  Remove(id, *held.open);
  return base::Ok();
}

base::Result<StoredDocument> Uploads::Stored(const Caller& caller, const std::string& id) const {
  const auto found = ledger_.Find(RecordOf(id));
  if (!found.ok()) return found.error().code == ErrorCode::kNotFound ? Unknown(id) : found.error();
  const vault::Record& record = found.value().record;
  if (record.agency != caller.agency) return Unknown(id);
  return StoredDocument{
      .id = record.id, .appended = vault::AppendedAs(found.value()), .client = record.client};
}

base::Result<StoredDocument> Uploads::Complete(const Caller& caller, const std::string& id) {
  const auto held = Hold(caller, id);
  const bool is_done = !held.ok() && held.error().code == ErrorCode::kNotFound;
  if (is_done) return Stored(caller, id);
  if (!held.ok()) return held.error();
  Open& open = *held.value().open;
  // A process that ended after its entry was made left the files.
  auto stored = Stored(caller, id);
  if (!stored.ok() && stored.error().code == ErrorCode::kNotFound) stored = Store(caller, id, open);
  if (stored.ok() || stored.error().reason == "upload.other-hash") Remove(id, open);
  return stored;
}

base::Result<vault::Written> Uploads::CopyToSegment(const Caller& caller, base::Time now,
                                                    const Open& open, base::Sha256Digest& sha256) {
  const UploadSpool& spool = *open.spool;
  const base::Secret key = ContentKey(*open.record_key);
  std::unique_ptr<vault::DocumentWriter> writer;  // None for what goes into the record.
  if (spool.size() > vault::kMostInline) {
    ASSIGN_OR_RETURN(writer, segments_.Begin(caller.agency, now, key, spool.size()));
  }
  base::Bytes small;
  base::Sha256Stream hash;
  RETURN_IF_ERROR(spool.Read([&](base::ByteSpan piece) {
    hash.Update(piece);
    if (writer) return writer->Put(piece);
    base::Append(piece, small);
    return base::Ok();
  }));
  sha256 = std::move(hash).Finish();
  // A writer that is not finished leaves nothing.
  if (open.sha256 && sha256 != *open.sha256)
    return Error{ErrorCode::kInvalidInput, "upload.other-hash",
                 "what came has " + base::HexEncode(sha256.bytes)};
  return writer ? writer->Finish() : vault::SealInline(key, small);
}

base::Result<StoredDocument> Uploads::Store(const Caller& caller, const std::string& id,
                                            Open& open) {
  const UploadSpool& spool = *open.spool;
  if (spool.kept() != spool.size())
    return Error{ErrorCode::kConflict, "upload.incomplete",
                 std::to_string(spool.kept()) + " of " + std::to_string(spool.size()) + " bytes"};
  vault::Record record;
  record.id = RecordOf(id);
  record.stored_at = clock_.Now();
  record.agency = caller.agency;
  record.client = open.client;
  record.key = open.slot;
  DocumentBytes bytes{.written = {}, .size = spool.size(), .sha256 = {}};
  ASSIGN_OR_RETURN(bytes.written, CopyToSegment(caller, record.stored_at, open, bytes.sha256));
  DescribeDocument(open.facts, bytes, *open.record_key, record);
  const vault::RecordId record_id = record.id;
  ASSIGN_OR_RETURN(const vault::Appended appended, ledger_.Append(std::move(record)));
  return StoredDocument{.id = record_id, .appended = appended, .client = open.client};
}

}  // namespace api
