// Files that list records' ids, one a line: what is to be erased, what was.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "vault/record.h"

namespace cli {

// Empty lines are skipped. kInvalidInput "erasure.malformed" for a line that is no id, and the
// errors of base::ReadFile().
base::Result<std::vector<vault::RecordId>> ReadIds(const std::string& file);

}  // namespace cli
