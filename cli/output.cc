#include "cli/output.h"

#include <iostream>

namespace cli {
int Fail(const Common& common, const base::Error& error) {
  const std::string_view sentence = base::TextOf(error.reason, common.lang());
  if (common.json) {
    base::Json inner;
    inner.Set("code", error.reason);
    inner.Set("message", sentence);
    inner.Set("detail", error.message);
    base::Json json;
    json.Set("error", std::move(inner));
    std::cout << json.DumpIndented() << '\n';
  } else {
    std::cerr << "edocvault: " << sentence << "\n  " << error.reason << ": " << error.message
              << '\n';
  }
  return ExitCodeOf(error.code);
}

int Done(const Common& common, const base::Json& json, const std::string& text) {
  std::cout << (common.json ? json.DumpIndented() : text) << '\n';
  return kExitDone;
}

}  // namespace cli
