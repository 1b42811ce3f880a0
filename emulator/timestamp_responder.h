// The TSA: RFC 3161 answers by OpenSSL.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "emulator/emulator.h"

namespace emulator {

// A TimeStampResp in DER. `mode` may spoil it; kDown, kSlow and kGarbage are the server's.
// kInvalidInput "request.malformed" when the request is no TimeStampReq.
base::Result<base::Bytes> AnswerTimestamp(const TestAuthority& authority, base::ByteSpan request,
                                          TsaMode mode);

}  // namespace emulator
