#include "hsm/checkpoint_guard.h"

#include <algorithm>
#include <string>

#include "base/file.h"
#include "base/json.h"

namespace hsm {
namespace {

constexpr std::size_t kMaxMark = std::size_t{64} << 10U;

// Origins before the one in use; nullopt when it is not a list of texts.
std::optional<std::vector<std::string>> ClosedIn(const base::Json& mark) {
  std::vector<std::string> closed;
  const base::Json* const list = mark.Find("closed");
  if (list == nullptr) return closed;
  if (list->AsArray() == nullptr) return std::nullopt;
  for (const base::Json& origin : *list->AsArray()) {
    if (origin.AsString() == nullptr) return std::nullopt;
    closed.push_back(*origin.AsString());
  }
  return closed;
}

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
  const auto closed = ClosedIn(json.value());
  if (!size || *size < 0 || !digest || !closed) return damaged;
  closed_ = *closed;
  // A mark that names no origin was written before there could be another.
  const std::string origin = json.value().Text("origin").value_or(origin_);
  if (origin == origin_) {
    last_ = CheckpointBody{static_cast<std::uint64_t>(*size), *digest};
  } else {
    closed_.push_back(origin);
  }
  return base::Ok();
}

base::Status CheckpointGuard::Check(const CheckpointBody& body) {
  if (!loaded_) RETURN_IF_ERROR(Load());
  loaded_ = true;
  if (std::ranges::find(closed_, origin_) != closed_.end())
    return base::Error{base::ErrorCode::kConflict, "checkpoint.origin-closed", origin_};
  if (!last_ || body.size > last_->size) return base::Ok();
  if (body.size == last_->size && body.root == last_->root) return base::Ok();
  return base::Error{base::ErrorCode::kConflict, "checkpoint.smaller",
                     "asked for size " + std::to_string(body.size) + " after signing " +
                         std::to_string(last_->size)};
}

base::Status CheckpointGuard::Remember(const CheckpointBody& body) {
  if (last_ && body.size == last_->size) return base::Ok();
  base::Json mark;
  mark.Set("origin", origin_);
  mark.Set("size", static_cast<std::int64_t>(body.size));
  mark.Set("root", base::HexEncode(body.root.bytes));
  if (!closed_.empty()) {
    base::Json closed{base::Json::Array{}};
    for (const std::string& origin : closed_) closed.Push(origin);
    mark.Set("closed", std::move(closed));
  }
  RETURN_IF_ERROR(base::ReplaceFile(mark_, base::AsBytes(mark.Dump() + "\n"), 0600));
  last_ = body;
  return base::Ok();
}

}  // namespace hsm
