// Certificate requests, signed through libp11.
//
// PKCS#10 needs an OpenSSL key object, and libp11 makes one of a key in the token. libp11
// finalises the module when it is done and keeps state of its own, so it never meets our
// session pool: SessionPool::RunWithoutModule() keeps the two apart.
#pragma once

#include <filesystem>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "hsm/pin_guard.h"
#include "hsm/provisioner.h"

namespace hsm {

struct LibP11Token {
  std::filesystem::path module;
  std::string label;
};

// kInvalidInput "subject.malformed": a required part is missing, too long or not UTF-8.
base::Status CheckSubject(const CertificateSubject& subject);

// RFC 2986, DER, SHA-256; verified before it is returned. One thread at a time.
//
// Errors: those of PinGuard; kNotFound "key.unknown" when no private key has this CKA_ID;
// kUnavailable "token.failed" when the token does not sign.
base::Result<base::Bytes> SignCertificateRequest(const LibP11Token& token, PinGuard& pin,
                                                 std::string_view key_id,
                                                 const CertificateSubject& subject);

}  // namespace hsm
