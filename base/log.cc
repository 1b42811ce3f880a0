#include "base/log.h"

#include <unistd.h>

#include <string>

#include "base/clock.h"

namespace base {
namespace {

// The one process-wide value of the project: the name printed beside each line.
std::string& Role() {
  static std::string role = "edocvault";
  return role;
}

std::string_view Name(Severity severity) {
  switch (severity) {
    case Severity::kInfo: return "info";
    case Severity::kWarning: return "warning";
    case Severity::kError: return "error";
  }
  return "error";
}

}  // namespace

void SetLogRole(std::string_view role) {
  Role() = role;
}

void Log(Severity severity, std::string_view event, const Json& fields) {
  Json line;
  line.Set("time", FormatTime(SystemClock().Now()));
  line.Set("level", Name(severity));
  line.Set("role", Role());
  line.Set("event", event);
  if (const Json::Object* members = fields.AsObject()) {
    for (const auto& [name, value] : *members) line.Set(name, value);
  }
  const std::string text = line.Dump() + "\n";
  // Nobody can be told that the log itself cannot be written.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

void LogError(std::string_view event, const Error& error) {
  Log(Severity::kError, event, ErrorToJson(error));
}

}  // namespace base
