#include "hsm/token_error.h"

#include <algorithm>
#include <array>
#include <string>

namespace hsm {
namespace {

using base::ErrorCode;

struct Meaning {
  CK_RV rv;
  std::string_view name;
  base::ErrorCode code;
  std::string_view reason;
  bool lost = false;
  bool pin_refused = false;
};

constexpr auto kMeanings = std::to_array<Meaning>({
    {CKR_SLOT_ID_INVALID, "CKR_SLOT_ID_INVALID", ErrorCode::kUnavailable, "token.absent", true},
    {CKR_TOKEN_NOT_PRESENT, "CKR_TOKEN_NOT_PRESENT", ErrorCode::kUnavailable, "token.absent", true},
    {CKR_TOKEN_NOT_RECOGNIZED, "CKR_TOKEN_NOT_RECOGNIZED", ErrorCode::kUnavailable, "token.absent",
     true},
    {CKR_DEVICE_REMOVED, "CKR_DEVICE_REMOVED", ErrorCode::kUnavailable, "token.absent", true},

    {CKR_SESSION_HANDLE_INVALID, "CKR_SESSION_HANDLE_INVALID", ErrorCode::kUnavailable,
     "token.session-lost", true},
    {CKR_SESSION_CLOSED, "CKR_SESSION_CLOSED", ErrorCode::kUnavailable, "token.session-lost", true},
    {CKR_USER_NOT_LOGGED_IN, "CKR_USER_NOT_LOGGED_IN", ErrorCode::kUnavailable,
     "token.session-lost", true},
    {CKR_CRYPTOKI_NOT_INITIALIZED, "CKR_CRYPTOKI_NOT_INITIALIZED", ErrorCode::kUnavailable,
     "token.session-lost", true},
    // Handles are found anew with each session: a stale one means the token was reset.
    {CKR_KEY_HANDLE_INVALID, "CKR_KEY_HANDLE_INVALID", ErrorCode::kUnavailable,
     "token.session-lost", true},
    {CKR_OBJECT_HANDLE_INVALID, "CKR_OBJECT_HANDLE_INVALID", ErrorCode::kUnavailable,
     "token.session-lost", true},
    {CKR_DEVICE_ERROR, "CKR_DEVICE_ERROR", ErrorCode::kUnavailable, "token.failed", true},

    {CKR_PIN_INCORRECT, "CKR_PIN_INCORRECT", ErrorCode::kUnavailable, "token.pin-refused", false,
     true},
    {CKR_PIN_INVALID, "CKR_PIN_INVALID", ErrorCode::kUnavailable, "token.pin-refused", false, true},
    {CKR_PIN_LEN_RANGE, "CKR_PIN_LEN_RANGE", ErrorCode::kUnavailable, "token.pin-refused", false,
     true},
    {CKR_PIN_LOCKED, "CKR_PIN_LOCKED", ErrorCode::kUnavailable, "token.locked"},
    {CKR_PIN_EXPIRED, "CKR_PIN_EXPIRED", ErrorCode::kUnavailable, "token.pin-expired"},
    {CKR_USER_PIN_NOT_INITIALIZED, "CKR_USER_PIN_NOT_INITIALIZED", ErrorCode::kUnavailable,
     "token.pin-expired"},

    {CKR_SESSION_COUNT, "CKR_SESSION_COUNT", ErrorCode::kUnavailable, "token.busy"},
    {CKR_OPERATION_ACTIVE, "CKR_OPERATION_ACTIVE", ErrorCode::kUnavailable, "token.busy"},
    {CKR_HOST_MEMORY, "CKR_HOST_MEMORY", ErrorCode::kUnavailable, "token.full"},
    {CKR_DEVICE_MEMORY, "CKR_DEVICE_MEMORY", ErrorCode::kUnavailable, "token.full"},

    {CKR_MECHANISM_INVALID, "CKR_MECHANISM_INVALID", ErrorCode::kUnavailable, "token.unsupported"},
    {CKR_MECHANISM_PARAM_INVALID, "CKR_MECHANISM_PARAM_INVALID", ErrorCode::kUnavailable,
     "token.unsupported"},
    {CKR_FUNCTION_NOT_SUPPORTED, "CKR_FUNCTION_NOT_SUPPORTED", ErrorCode::kUnavailable,
     "token.unsupported"},
    {CKR_KEY_FUNCTION_NOT_PERMITTED, "CKR_KEY_FUNCTION_NOT_PERMITTED", ErrorCode::kUnavailable,
     "token.unsupported"},
    {CKR_KEY_TYPE_INCONSISTENT, "CKR_KEY_TYPE_INCONSISTENT", ErrorCode::kUnavailable,
     "token.unsupported"},
    {CKR_TEMPLATE_INCONSISTENT, "CKR_TEMPLATE_INCONSISTENT", ErrorCode::kUnavailable,
     "token.unsupported"},
    {CKR_ATTRIBUTE_TYPE_INVALID, "CKR_ATTRIBUTE_TYPE_INVALID", ErrorCode::kUnavailable,
     "token.unsupported"},
});

constexpr Meaning kOther{CKR_GENERAL_ERROR, "", ErrorCode::kUnavailable, "token.failed"};

const Meaning& MeaningOf(CK_RV rv) {
  const auto found = std::ranges::find(kMeanings, rv, &Meaning::rv);
  return found == kMeanings.end() ? kOther : *found;
}

std::string NameOf(CK_RV rv, const Meaning& meaning) {
  return meaning.name.empty() ? "code " + std::to_string(rv) : std::string(meaning.name);
}

}  // namespace

base::Error TokenError(CK_RV rv, std::string_view attempted) {
  const Meaning& meaning = MeaningOf(rv);
  return {meaning.code, std::string(meaning.reason),
          std::string(attempted) + ": " + NameOf(rv, meaning)};
}

bool MeansTokenLost(CK_RV rv) {
  return MeaningOf(rv).lost;
}

bool MeansPinRefused(CK_RV rv) {
  return MeaningOf(rv).pin_refused;
}

}  // namespace hsm
