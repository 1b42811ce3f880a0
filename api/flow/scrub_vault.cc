#include "api/flow/scrub_vault.h"

#include <algorithm>

#include "base/log.h"

namespace api {
namespace {

constexpr std::size_t kMostTold = 100;

// The same for each time that this entry is found damaged.
vault::RecordId IdOf(vault::EntryNumber entry) {
  base::Bytes named = base::ToBytes("edocvault/1 damage");
  base::AppendUint64(entry.value, named);
  const base::Sha256Digest hash = base::Sha256(named);
  vault::RecordId id;
  std::copy_n(hash.bytes.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

base::Sha256Digest NumberOf(vault::EntryNumber entry) {
  base::Bytes number;
  base::AppendUint64(entry.value, number);
  base::Sha256Digest digest;
  std::ranges::copy_backward(number, digest.bytes.end());
  return digest;
}

bool IsDamage(const base::Error& error) {
  return error.code == base::ErrorCode::kCorrupted;
}

}  // namespace

base::Status ScrubVault::Run() {
  if (budget_ == 0) return base::Ok();
  allowance_ = std::min(allowance_, std::int64_t{0}) + static_cast<std::int64_t>(budget_);
  // At most one round a second, however small the vault is.
  ASSIGN_OR_RETURN(const vault::TreeHead head, ledger_.Head());
  for (std::uint64_t i = 0; i < head.size && allowance_ > 0; ++i) {
    vault::EntryNumber entry;
    {
      const std::lock_guard lock(mutex_);
      entry = {next_};
    }
    ASSIGN_OR_RETURN(const std::uint64_t bytes, LookAt(entry));
    allowance_ -= static_cast<std::int64_t>(bytes);
    const std::lock_guard lock(mutex_);
    if (++next_ < head.size) continue;
    next_ = 0;
    ++rounds_;
    last_round_ = clock_.Now();
    if (damaged_ == 0) damage_.clear();
    damaged_ = 0;
  }
  return base::Ok();
}

base::Result<std::uint64_t> ScrubVault::LookAt(vault::EntryNumber entry) {
  const auto stored = ledger_.ReadWithNodes(entry);
  if (!stored.ok() && !IsDamage(stored.error())) return stored.error();
  if (!stored.ok()) {
    RETURN_IF_ERROR(Tell(entry, {}, stored.error()));
    return std::uint64_t{1};
  }
  const vault::Record& record = stored.value().record;
  const std::uint64_t bytes = stored.value().encoded.size() + record.content.length;
  if (record.kind != vault::RecordKind::kDocument) return bytes;
  const base::Status same = segments_.Check(record.content, record.content_sha256);
  if (!same.ok() && !IsDamage(same.error())) return same.error();
  if (!same.ok()) RETURN_IF_ERROR(Tell(entry, record.id, same.error()));
  return bytes;
}

base::Status ScrubVault::Tell(vault::EntryNumber entry, const vault::RecordId& subject,
                              const base::Error& error) {
  {
    const std::lock_guard lock(mutex_);
    ++damaged_;
    const auto is_entry = [&](const Damage& damage) { return damage.entry == entry; };
    const bool is_known = std::ranges::any_of(damage_, is_entry);
    if (!is_known && damage_.size() < kMostTold) damage_.push_back({entry, error.reason});
    if (is_known) return base::Ok();
  }
  base::LogError("scrub.damage", error);
  vault::Record record;
  record.kind = vault::RecordKind::kDamage;
  record.id = IdOf(entry);
  record.stored_at = clock_.Now();
  record.subject = subject;
  record.commitment = NumberOf(entry);
  const auto appended = ledger_.Append(record);
  if (appended.ok() || appended.error().code == base::ErrorCode::kConflict) return base::Ok();
  return appended.error();
}

base::Json ScrubVault::Report(base::Language language) const {
  const std::lock_guard lock(mutex_);
  base::Json::Array damage;
  for (const Damage& one : damage_)
    damage.push_back(base::Json()
                         .Set("entry", static_cast<std::int64_t>(one.entry.value))
                         .Set("code", one.reason)
                         .Set("message", base::TextOf(one.reason, language)));
  base::Json json;
  json.Set("bytesPerSecond", static_cast<std::int64_t>(budget_));
  json.Set("position", static_cast<std::int64_t>(next_));
  json.Set("rounds", static_cast<std::int64_t>(rounds_));
  json.Set("lastRoundAt", last_round_ ? base::Json(base::FormatTime(*last_round_)) : base::Json());
  json.Set("damage", std::move(damage));
  return json;
}

}  // namespace api
