// The OCSP responder: RFC 6960 answers by OpenSSL.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "emulator/emulator.h"

namespace emulator {

// An OCSPResponse in DER. `mode` may spoil it; kDown, kSlow and kGarbage are the server's.
// kInvalidInput "request.malformed" when the request is no OCSPRequest of 1 to 16 questions.
base::Result<base::Bytes> AnswerOcsp(const TestAuthority& authority, base::ByteSpan request,
                                     OcspMode mode);

}  // namespace emulator
