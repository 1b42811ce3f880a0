// Clock: where "now" comes from. Tests pass a clock that they control.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace base {

using Time = std::chrono::sys_seconds;  // UTC.

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time Now() const = 0;
};

// The machine's clock. Never enough to free data: see DESIGN, retention.
class SystemClock final : public Clock {
 public:
  Time Now() const override;
};

// RFC 3339 in UTC with whole seconds: "2026-11-23T14:54:03Z".
std::string FormatTime(Time time);

// Accepts "YYYY-MM-DDThh:mm:ss", a fraction (dropped) and "Z" or "+hh:mm"; years 1 to 9999.
// Anything else, and dates that do not exist, are nullopt.
std::optional<Time> ParseTime(std::string_view text);

}  // namespace base
