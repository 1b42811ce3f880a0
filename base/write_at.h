// WriteAt: all of the bytes at their place in a file, however often the kernel takes a part.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace base {

// pwrite(2) until all is written. 0, or the errno of the call that failed, after which any part of
// the bytes may be there. Nothing is synced.
int WriteAt(int fd, std::uint64_t offset, ByteSpan bytes);

}  // namespace base
