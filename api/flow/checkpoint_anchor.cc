#include "api/flow/checkpoint_anchor.h"

#include "base/file.h"
#include "vault/recovery.h"
#include "vault/witnessing.h"

namespace api {
namespace {

constexpr std::size_t kMaxAnchor = std::size_t{256} << 10U;

}  // namespace

// Of the log that this one was recovered from.
base::Status CheckpointAnchor::CheckOlder(std::string_view note, const vault::Ledger& ledger) {
  ASSIGN_OR_RETURN(const auto older, vault::OlderLogOf(ledger));
  if (!older)
    return base::Error{base::ErrorCode::kCorrupted, "anchor.damaged",
                       path_.string() + " is of another log"};
  const auto noted = vault::NotedHead(note, older->origin);
  if (!noted.ok())
    return base::Error{base::ErrorCode::kCorrupted, "anchor.damaged",
                       path_.string() + ": " + noted.error().message};
  if (noted.value().size < older->head.size || noted.value() == older->head) return base::Ok();
  return base::Error{base::ErrorCode::kCorrupted, "ledger.rolled-back",
                     path_.string() + " has the older log with " +
                         std::to_string(noted.value().size) + " entries, the recovery knew of " +
                         std::to_string(older->head.size)};
}

base::Status CheckpointAnchor::Check(const vault::Ledger& ledger) {
  if (path_.empty()) return base::Ok();
  const auto file = base::ReadFile(path_, kMaxAnchor);
  if (!file.ok() && file.error().code == base::ErrorCode::kNotFound) return base::Ok();
  const auto noted = file.ok() ? vault::NotedHead(base::AsText(file.value()), origin_)
                               : base::Result<vault::TreeHead>(file.error());
  if (!noted.ok() && file.ok()) return CheckOlder(base::AsText(file.value()), ledger);
  if (!noted.ok())
    return base::Error{base::ErrorCode::kCorrupted, "anchor.damaged",
                       path_.string() + ": " + noted.error().message};
  ASSIGN_OR_RETURN(const vault::TreeHead head, ledger.Head());
  const std::uint64_t size = noted.value().size;
  const std::string said = path_.string() + " has a ledger of " + std::to_string(size);
  if (head.size < size)
    return base::Error{base::ErrorCode::kCorrupted, "ledger.rolled-back",
                       said + ", here is one of " + std::to_string(head.size)};
  ASSIGN_OR_RETURN(const vault::TreeHead then, ledger.HeadAt(size));
  if (then != noted.value())
    return base::Error{base::ErrorCode::kCorrupted, "ledger.rolled-back",
                       said + " that is another one"};
  size_ = size;
  return base::Ok();
}

base::Status CheckpointAnchor::Keep(const vault::Ledger::Checkpoint& checkpoint) {
  if (path_.empty() || checkpoint.size == size_) return base::Ok();
  RETURN_IF_ERROR(base::ReplaceFile(path_, base::AsBytes(checkpoint.note), 0600));
  size_ = checkpoint.size;
  return base::Ok();
}

}  // namespace api
