#include "hsm/checkpoint_guard.h"

#include <string>

#include "base/file.h"
#include "base/json.h"

namespace hsm {
namespace {

constexpr std::size_t kMaxMark = 4096;

}  // namespace

base::Status CheckpointGuard::Load() {
  const auto text = base::ReadFile(mark_, kMaxMark);
  if (!text.ok() && text.error().code == base::ErrorCode::kNotFound) return base::Ok();
  const base::Error damaged{base::ErrorCode::kCorrupted, "checkpoint.mark-damaged", mark_.string()};
  if (!text.ok()) return damaged;
  const auto json = base::Json::Parse(base::AsText(text.value()));
  if (!json.ok()) return damaged;
  const auto size = json.value().Integer("size");
  const auto root = base::HexDecode(json.value().Text("root").value_or("?"));
  const auto digest = root ? base::ToSha256Digest(*root) : std::nullopt;
  if (!size || *size < 0 || !digest) return damaged;
  last_ = CheckpointBody{static_cast<std::uint64_t>(*size), *digest};
  return base::Ok();
}

base::Status CheckpointGuard::Check(const CheckpointBody& body) {
  if (!loaded_) RETURN_IF_ERROR(Load());
  loaded_ = true;
  if (!last_ || body.size > last_->size) return base::Ok();
  if (body.size == last_->size && body.root == last_->root) return base::Ok();
  return base::Error{base::ErrorCode::kConflict, "checkpoint.smaller",
                     "asked for size " + std::to_string(body.size) + " after signing " +
                         std::to_string(last_->size)};
}

base::Status CheckpointGuard::Remember(const CheckpointBody& body) {
  if (last_ && body.size == last_->size) return base::Ok();
  base::Json mark;
  mark.Set("size", static_cast<std::int64_t>(body.size));
  mark.Set("root", base::HexEncode(body.root.bytes));
  RETURN_IF_ERROR(base::ReplaceFile(mark_, base::AsBytes(mark.Dump() + "\n"), 0600));
  last_ = body;
  return base::Ok();
}

}  // namespace hsm
