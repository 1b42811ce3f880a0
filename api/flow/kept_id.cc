#include "api/flow/kept_id.h"

#include "base/digest.h"

namespace api {
namespace {

constexpr std::size_t kMarkSize = 4;

base::Bytes MarkOf(std::string_view agency) {
  const base::Sha256Digest digest =
      base::Sha256(base::AsBytes("edocvault/1 kept for " + std::string(agency)));
  return {digest.bytes.begin(), digest.bytes.begin() + kMarkSize};
}

}  // namespace

base::Bytes KeptId(std::string_view agency, base::ByteSpan unguessable) {
  base::Bytes id = MarkOf(agency);
  base::Append(unguessable.first(kKeptIdSize - kMarkSize), id);
  return id;
}

bool IsKeptFor(std::string_view agency, std::string_view name) {
  return MarkIn(name) == base::HexEncode(MarkOf(agency));
}

std::string_view MarkIn(std::string_view name) {
  return name.substr(0, 2 * kMarkSize);
}

}  // namespace api
