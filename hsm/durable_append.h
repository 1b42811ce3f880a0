// Appending to a log of the keyholder's so that it outlives a power cut.
#pragma once

#include <string_view>

#include "base/unique_fd.h"

namespace hsm {

// All of `text`, synced; false when the disk refuses, and then a part of it may be there.
// REQUIRES: `fd` was opened to append.
bool AppendDurably(const base::UniqueFd& fd, std::string_view text);

}  // namespace hsm
