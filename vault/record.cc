#include "vault/record.h"

#include <algorithm>
#include <utility>

#include "base/random.h"

namespace vault {

template <typename Tag>
RandomId<Tag> RandomId<Tag>::New() {
  RandomId id;
  std::ranges::copy(base::RandomBytes(id.bytes.size()), id.bytes.begin());
  return id;
}

template <typename Tag>
std::optional<RandomId<Tag>> RandomId<Tag>::Parse(std::string_view text) {
  RandomId id;
  const auto bytes = base::HexDecode(text);
  if (!bytes || bytes->size() != id.bytes.size()) return std::nullopt;
  std::ranges::copy(*bytes, id.bytes.begin());
  return id;
}

template struct RandomId<RecordTag>;
template struct RandomId<ClientTag>;

base::Sha256Digest ErasureCommitment(std::vector<RecordId> records) {
  std::ranges::sort(records);
  const auto twice = std::ranges::unique(records);
  records.erase(twice.begin(), twice.end());
  base::Sha256Stream hash;
  for (const RecordId& id : records) hash.Update(id.span());
  return std::move(hash).Finish();
}

}  // namespace vault
