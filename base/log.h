// Log lines: one JSON object a line on standard error, for journald and for machines.
//
// Never a PIN, document content, a personal code or a name: callers pass ids and
// reasons. Thread-safe; a line is written by one write(2) and never torn.
#pragma once

#include <string_view>

#include "base/json.h"

namespace base {

enum class Severity { kInfo, kWarning, kError };

// `event` is a stable name such as "keyholder.started"; `fields` may be null.
void Log(Severity severity, std::string_view event, const Json& fields = {});
void LogError(std::string_view event, const Error& error);

// Named once at start of each process: "front", "keyholder", ...
void SetLogRole(std::string_view role);

}  // namespace base
