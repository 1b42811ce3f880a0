// What a PKCS#11 return code means to a caller of ours.
//
// One table (OASIS PKCS#11 2.40, 5.1). Codes of tampered data differ from module to
// module, so nothing here or elsewhere tells "wrong data" from "broken token" by code.
#pragma once

#include <p11-kit/pkcs11.h>

#include <string_view>

#include "base/result.h"

namespace hsm {

// REQUIRES: rv != CKR_OK. `attempted` names the call and the object, for operators.
base::Error TokenError(CK_RV rv, std::string_view attempted);

// True when the sessions, the login or the token are gone: only a fresh start helps.
bool MeansTokenLost(CK_RV rv);

// True when the token said that this PIN is wrong and counted the attempt.
bool MeansPinRefused(CK_RV rv);

}  // namespace hsm
