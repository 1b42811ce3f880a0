// PieceSink: where bytes go that are too many to hold at once.
#pragma once

#include <functional>

#include "base/bytes.h"
#include "base/result.h"

namespace base {

// Takes pieces in order; each is borrowed for the call. An error ends the work that hands them on
// and is passed on to whoever asked for it.
using PieceSink = std::function<Status(ByteSpan piece)>;

}  // namespace base
