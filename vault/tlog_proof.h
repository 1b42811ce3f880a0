// The text of a C2SP tlog-proof: extra data, the number of an entry, its audit path and the
// checkpoint it leads to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "vault/merkle.h"

namespace vault {

struct TlogProof {
  base::Bytes extra;  // Empty: no such line.
  std::uint64_t index = 0;
  Digests path;            // From the leaf's sibling up.
  std::string checkpoint;  // Verbatim; not parsed here.
};

std::string WriteTlogProof(const TlogProof& proof);

// nullopt unless WriteTlogProof() writes exactly this text.
std::optional<TlogProof> ParseTlogProof(std::string_view text);

}  // namespace vault
