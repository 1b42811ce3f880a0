#include "vault/guard.h"

#include <algorithm>

#include "base/digest.h"

namespace vault {
namespace {

base::Sha256Digest GuardOf(base::ByteSpan key, base::ByteSpan payload) {
  base::Sha256Stream hash;
  hash.Update(key);
  hash.Update(payload);
  return std::move(hash).Finish();
}

}  // namespace

base::Bytes Guarded(GuardSize size, base::ByteSpan key, base::ByteSpan payload) {
  const base::Sha256Digest guard = GuardOf(key, payload);
  base::Bytes value;
  base::Append(guard.span().first(static_cast<std::size_t>(size)), value);
  base::Append(payload, value);
  return value;
}

std::optional<base::ByteSpan> Unguarded(GuardSize size, base::ByteSpan key, base::ByteSpan value) {
  const auto width = static_cast<std::size_t>(size);
  if (value.size() < width) return std::nullopt;
  const base::ByteSpan payload = value.subspan(width);
  const base::Sha256Digest guard = GuardOf(key, payload);
  if (!std::ranges::equal(guard.span().first(width), value.first(width))) return std::nullopt;
  return payload;
}

}  // namespace vault
