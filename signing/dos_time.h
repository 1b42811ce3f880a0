// MS-DOS date and time, as APPNOTE 4.4.6 has them; years before 1980 become 1980.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace signing {

struct DosTime {
  std::uint16_t time = 0;
  std::uint16_t date = 0;
};

inline DosTime ToDosTime(base::Time when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(when - day);
  const int year = std::clamp(int(date.year()) - 1980, 0, 127);
  return {.time = static_cast<std::uint16_t>(clock.hours().count() * 2048 +
                                             clock.minutes().count() * 32 +
                                             clock.seconds().count() / 2),
          .date = static_cast<std::uint16_t>(static_cast<unsigned>(year) * 512U +
                                             unsigned(date.month()) * 32U + unsigned(date.day()))};
}

}  // namespace signing
