// Output: what every verb prints when it is done or fails.
#pragma once

#include <string>

#include "base/error_text.h"
#include "base/json.h"
#include "base/result.h"
#include "cli/exit_codes.h"

namespace cli {

// Options every verb has.
struct Common {
  std::string home;
  bool json = false;
  std::string language = "en";  // "lv" or "en".

  base::Language lang() const {
    return language == "lv" ? base::Language::kLatvian : base::Language::kEnglish;
  }
};

// The sentence for people on standard error, or {"error":{...}} on standard output with
// --json. Returns the exit code.
int Fail(const Common& common, const base::Error& error);

// `json` with --json, otherwise `text`. Returns 0.
int Done(const Common& common, const base::Json& json, const std::string& text);

}  // namespace cli
