// Output: what every verb prints, and the exit codes of DESIGN, section 9.
#pragma once

#include <string>

#include "base/error_text.h"
#include "base/json.h"
#include "base/result.h"

namespace cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitUsage = 64;

// Options every verb has.
struct Common {
  std::string home;
  bool json = false;
  std::string language = "en";  // "lv" or "en".

  base::Language lang() const {
    return language == "lv" ? base::Language::kLatvian : base::Language::kEnglish;
  }
};

// 3 refused, 4 not found, 5 denied, 6 unavailable, 7 outcome unknown, 8 conflict, 70 bug.
int ExitCodeOf(base::ErrorCode code);

// The sentence for people on standard error, or {"error":{...}} on standard output with
// --json. Returns the exit code.
int Fail(const Common& common, const base::Error& error);

// `json` with --json, otherwise `text`. Returns 0.
int Done(const Common& common, const base::Json& json, const std::string& text);

}  // namespace cli
