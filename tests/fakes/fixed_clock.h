// FixedClock: stands until the test moves it.
#pragma once

#include "base/clock.h"

namespace tests {

struct FixedClock final : base::Clock {
  base::Time Now() const override { return now; }

  base::Time now = *base::ParseTime("2026-03-02T09:00:00Z");
};

}  // namespace tests
