#include "api/flow/endorse_checkpoint.h"

#include <algorithm>
#include <thread>

#include "base/log.h"
#include "vault/witnessing.h"

namespace api {
namespace {

using base::Error;
using base::ErrorCode;

constexpr const char* kTimestamp = "timestamp";
constexpr std::chrono::seconds kFirstPause{1};
constexpr std::chrono::seconds kLongestPause{60};
// A witness answers with its size first, then with its cosignature.
constexpr int kTries = 3;

// HTTP statuses of tlog-witness.
constexpr int kOk = 200;
constexpr int kConflict = 409;
constexpr int kUnprocessable = 422;

Error RolledBack(const std::string& witness, const std::string& what) {
  return {ErrorCode::kCorrupted, "ledger.rolled-back", "witness " + witness + " " + what};
}

Error Refused(const std::string& witness, int status) {
  return {ErrorCode::kUnavailable, "witness.refused",
          witness + " answered with status " + std::to_string(status)};
}

}  // namespace

void EndorseCheckpoint::Run() {
  const auto newest = ledger_.LatestCheckpoint();
  if (!newest.ok()) return;
  std::vector<std::size_t> asked;
  {
    const std::lock_guard lock(mutex_);
    asked = Lacking(newest.value());
    std::erase_if(asked, [this](std::size_t i) { return !IsDue(witnesses_[i]); });
  }
  const std::string note = Cosign(newest.value(), asked);
  if (note != newest.value().note) {
    const base::Status kept = ledger_.KeepCheckpoint(newest.value().size, note);
    if (!kept.ok()) base::LogError("checkpoint.cosignature-not-kept", kept.error());
  }
  Stamp(newest.value());
}

base::Status EndorseCheckpoint::AskAtStart() {
  const auto newest = ledger_.LatestCheckpoint();
  if (!newest.ok() && newest.error().code == ErrorCode::kNotFound) return base::Ok();
  if (!newest.ok()) return newest.error();
  std::vector<std::size_t> all(rules_.witnesses.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  const std::string note = Cosign(newest.value(), all);
  RETURN_IF_ERROR(RequireUndisputed());
  if (note == newest.value().note) return base::Ok();
  return ledger_.KeepCheckpoint(newest.value().size, note);
}

base::Status EndorseCheckpoint::RequireUndisputed() const {
  const std::lock_guard lock(mutex_);
  for (const Standing& witness : witnesses_)
    if (witness.error && witness.error->code == ErrorCode::kCorrupted) return *witness.error;
  return base::Ok();
}

std::vector<std::size_t> EndorseCheckpoint::Lacking(
    const vault::Ledger::Checkpoint& checkpoint) const {
  std::vector<std::size_t> lacking;
  for (std::size_t i = 0; i < rules_.witnesses.size(); ++i)
    if (!vault::CosignedAt(checkpoint.note, rules_.witnesses[i].key)) lacking.push_back(i);
  return lacking;
}

std::vector<std::string> EndorseCheckpoint::Pending(
    const vault::Ledger::Checkpoint& checkpoint) const {
  std::vector<std::string> pending;
  for (const std::size_t i : Lacking(checkpoint)) pending.push_back(rules_.witnesses[i].name);
  if (rules_.stamp.count() > 0 && checkpoint.stamp.empty()) pending.emplace_back(kTimestamp);
  return pending;
}

vault::Ledger::Checkpoint EndorseCheckpoint::Best(std::uint64_t size,
                                                  vault::Ledger::Checkpoint newest) const {
  vault::Ledger::Checkpoint best = std::move(newest);
  for (const auto& other : {ledger_.LatestStamped(), ledger_.FirstStamped(size)}) {
    // One that is damaged is not given, and keeps nobody from having another.
    if (!other.ok() && other.error().code != ErrorCode::kNotFound)
      base::LogError("checkpoint.not-read", other.error());
    if (!other.ok() || other.value().size < size) continue;
    // Of those that lack as much, the oldest: its time proves more.
    if (Pending(other.value()).size() <= Pending(best).size()) best = other.value();
  }
  return best;
}

std::string EndorseCheckpoint::Cosign(const vault::Ledger::Checkpoint& checkpoint,
                                      const std::vector<std::size_t>& asked) {
  std::vector<base::Result<std::string>> answers(asked.size(), std::string());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      std::uint64_t known = 0;
      {
        const std::lock_guard lock(mutex_);
        known = witnesses_[asked[i]].size;
      }
      threads.emplace_back([this, &checkpoint, &answer = answers[i],
                            &witness = rules_.witnesses[asked[i]],
                            known] { answer = Ask(witness, known, checkpoint); });
    }
  }
  std::string note = checkpoint.note;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const WitnessConfig& witness = rules_.witnesses[asked[i]];
    auto with = answers[i].ok() ? vault::WithCosignature(note, answers[i].value(), witness.key,
                                                         {.now = clock_.Now()})
                                : answers[i];
    const std::lock_guard lock(mutex_);
    Standing& standing = witnesses_[asked[i]];
    // It took the checkpoint, whatever its cosignature is worth.
    if (answers[i].ok()) standing.size = checkpoint.size;
    if (with.ok()) note = std::move(with).value();
    Note(witness.name, standing, with.ok() ? base::Ok() : base::Status(with.error()));
  }
  return note;
}

base::Result<std::string> EndorseCheckpoint::Ask(
    const WitnessConfig& witness, std::uint64_t known,
    const vault::Ledger::Checkpoint& checkpoint) const {
  std::uint64_t old = std::min(known, checkpoint.size);
  for (int i = 0; i < kTries; ++i) {
    ASSIGN_OR_RETURN(const auto proof, ledger_.ConsistencyProof(old, checkpoint.size));
    const std::string body =
        vault::AddCheckpointBody(old, proof, vault::SignedPart(checkpoint.note));
    ASSIGN_OR_RETURN(const HttpAnswer answer,
                     outbound_.Ask(witness.service, "text/plain", base::AsBytes(body)));
    if (answer.status == kOk) return base::ToString(answer.body);
    if (answer.status == kUnprocessable && old > 0)
      return RolledBack(witness.name, "saw another ledger of " + std::to_string(old));
    const auto size = answer.status == kConflict ? vault::SizeOfConflict(base::AsText(answer.body))
                                                 : std::nullopt;
    if (!size) return Refused(witness.name, answer.status);
    ASSIGN_OR_RETURN(const vault::TreeHead head, ledger_.Head());
    if (*size > head.size)
      return RolledBack(witness.name, "saw a ledger of " + std::to_string(*size) +
                                          ", here is one of " + std::to_string(head.size));
    // It knows a newer one of ours than this; the next checkpoint is for it.
    if (*size > checkpoint.size)
      return Error{ErrorCode::kUnavailable, "witness.ahead", witness.name};
    if (*size == old && old == checkpoint.size)
      return RolledBack(witness.name, "saw another ledger of " + std::to_string(old));
    if (*size == old) return Refused(witness.name, answer.status);
    old = *size;
  }
  return Refused(witness.name, kConflict);
}

void EndorseCheckpoint::Stamp(const vault::Ledger::Checkpoint& checkpoint) {
  if (rules_.stamp.count() == 0 || !checkpoint.stamp.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    if (!IsDue(stamp_) || (stamp_.at && clock_.Now() < *stamp_.at + rules_.stamp)) return;
  }
  const auto answer =
      desk_.Timestamp(base::Sha256(base::AsBytes(vault::SignedPart(checkpoint.note))));
  const base::Status kept = answer.ok() ? ledger_.KeepStamp(checkpoint.size, answer.value().token)
                                        : base::Status(answer.error());
  const std::lock_guard lock(mutex_);
  if (kept.ok()) stamp_.size = checkpoint.size;
  Note(kTimestamp, stamp_, kept);
}

bool EndorseCheckpoint::IsDue(const Standing& standing) const {
  return clock_.Now() >= standing.again;
}

void EndorseCheckpoint::Note(const std::string& who, Standing& standing,
                             const base::Status& outcome) {
  if (outcome.ok()) {
    standing = {.size = standing.size, .at = clock_.Now(), .error = {}, .again = {}};
    return;
  }
  // Said when it begins or changes, not each time.
  if (!standing.error || standing.error->reason != outcome.error().reason) {
    Error named = outcome.error();
    named.message = who + ": " + named.message;
    base::LogError("checkpoint.not-endorsed", named);
  }
  // Who has seen another ledger has seen it, also when he is away afterwards.
  if (!standing.error || standing.error->code != ErrorCode::kCorrupted)
    standing.error = outcome.error();
  standing.pause = std::clamp(2 * standing.pause, kFirstPause, kLongestPause);
  standing.again = clock_.Now() + standing.pause;
}

base::Json EndorseCheckpoint::Report(base::Language language) const {
  const auto tell = [language](const Standing& standing) {
    base::Json json;
    json.Set("size", static_cast<std::int64_t>(standing.size));
    json.Set("at", standing.at ? base::Json(base::FormatTime(*standing.at)) : base::Json());
    base::Json error;
    if (standing.error) {
      error.Set("code", standing.error->reason);
      error.Set("message", base::TextOf(standing.error->reason, language));
    }
    json.Set("error", std::move(error));
    return json;
  };
  const std::lock_guard lock(mutex_);
  base::Json::Array witnesses;
  for (std::size_t i = 0; i < witnesses_.size(); ++i)
    witnesses.push_back(
        base::Json().Set("name", rules_.witnesses[i].name).Set("last", tell(witnesses_[i])));
  base::Json json;
  json.Set("witnesses", std::move(witnesses));
  json.Set("timestamp", rules_.stamp.count() > 0 ? tell(stamp_) : base::Json());
  return json;
}

}  // namespace api
