// Exit codes of every command (DESIGN, section 4).
#pragma once

#include "base/result.h"

namespace cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitInvalid = 1;
inline constexpr int kExitIndeterminate = 2;
inline constexpr int kExitRefused = 3;
inline constexpr int kExitNotFound = 4;
inline constexpr int kExitDenied = 5;
inline constexpr int kExitUnavailable = 6;
inline constexpr int kExitOutcomeUnknown = 7;
inline constexpr int kExitConflict = 8;
inline constexpr int kExitUsage = 64;
inline constexpr int kExitInternal = 70;

constexpr int ExitCodeOf(base::ErrorCode code) {
  switch (code) {
    case base::ErrorCode::kInvalidInput: return kExitRefused;
    case base::ErrorCode::kNotFound: return kExitNotFound;
    case base::ErrorCode::kConflict: return kExitConflict;
    case base::ErrorCode::kDenied: return kExitDenied;
    case base::ErrorCode::kUnavailable: return kExitUnavailable;
    case base::ErrorCode::kOutcomeUnknown: return kExitOutcomeUnknown;
    case base::ErrorCode::kCorrupted:
    case base::ErrorCode::kInternal: return kExitInternal;
  }
  return kExitInternal;
}

}  // namespace cli
