#include "cli/output.h"

#include <algorithm>
#include <array>
#include <iostream>

namespace cli {
namespace {

struct Row {
  base::ErrorCode code;
  int exit;
};
constexpr std::array<Row, 8> kExits{{{base::ErrorCode::kInvalidInput, 3},
                                     {base::ErrorCode::kNotFound, 4},
                                     {base::ErrorCode::kConflict, 8},
                                     {base::ErrorCode::kDenied, 5},
                                     {base::ErrorCode::kUnavailable, 6},
                                     {base::ErrorCode::kOutcomeUnknown, 7},
                                     {base::ErrorCode::kCorrupted, 70},
                                     {base::ErrorCode::kInternal, 70}}};

}  // namespace

int ExitCodeOf(base::ErrorCode code) {
  return std::ranges::find(kExits, code, &Row::code)->exit;
}

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
