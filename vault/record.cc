#include "vault/record.h"

#include <algorithm>

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

}  // namespace vault
