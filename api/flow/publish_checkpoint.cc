#include "api/flow/publish_checkpoint.h"

#include "vault/witnessing.h"

namespace api {

base::Status PublishCheckpoint::Run() {
  ASSIGN_OR_RETURN(const vault::TreeHead head, ledger_.Head());
  if (head.size == 0) return base::Ok();
  ASSIGN_OR_RETURN(const auto newest, Covering(head.size));
  return anchor_.Keep(newest);
}

// Who is content with the one that is there does not wait for the token.
base::Result<vault::Ledger::Checkpoint> PublishCheckpoint::Covering(std::uint64_t size) {
  auto latest = Latest(size);
  if (latest.ok() || latest.error().code != base::ErrorCode::kNotFound) return latest;
  const std::scoped_lock lock(one_at_a_time_);
  latest = Latest(size);
  if (latest.ok() || latest.error().code != base::ErrorCode::kNotFound) return latest;
  return SignHead();
}

base::Result<vault::Ledger::Checkpoint> PublishCheckpoint::Latest(std::uint64_t size) const {
  ASSIGN_OR_RETURN(auto latest, ledger_.LatestCheckpoint());
  if (latest.size >= size) return latest;
  return base::Error{base::ErrorCode::kNotFound, "checkpoint.none", "none is so large"};
}

base::Status PublishCheckpoint::ConfirmHead() {
  const std::scoped_lock lock(one_at_a_time_);
  const auto confirmed = SignHead();
  if (confirmed.ok() || confirmed.error().code == base::ErrorCode::kNotFound) return base::Ok();
  return confirmed.error();
}

base::Result<vault::Ledger::Checkpoint> PublishCheckpoint::SignHead() {
  ASSIGN_OR_RETURN(const vault::TreeHead head, ledger_.Head());
  if (head.size == 0)
    return base::Error{base::ErrorCode::kNotFound, "checkpoint.none", "the ledger is empty"};
  ASSIGN_OR_RETURN(std::string note, keys_.SignCheckpoint({.size = head.size, .root = head.root}));
  // What is kept already may bear cosignatures, and a time-stamp lies over it.
  auto kept = ledger_.LatestCheckpoint();
  if (kept.ok() && kept.value().size == head.size && vault::SignedPart(kept.value().note) == note)
    return kept;
  RETURN_IF_ERROR(ledger_.KeepCheckpoint(head.size, note));
  return vault::Ledger::Checkpoint{.size = head.size, .note = std::move(note)};
}

}  // namespace api
