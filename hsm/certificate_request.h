// Certificate requests (PKCS#10, RFC 2986), signed by a sealing key in the token.
//
// Written with OpenSSL and signed through our own session: libp11 0.4.12 cannot list the keys
// of a token that holds an Ed25519 key (docs/adr/0005-libp11-makes-tokens-only.md).
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "hsm/provisioner.h"
#include "hsm/session.h"

namespace hsm {

// kInvalidInput "subject.malformed": a required part is missing, too long or not UTF-8.
base::Status CheckSubject(const CertificateSubject& subject);

// DER, SHA-256; verified before it is returned. REQUIRES: CheckSubject() passed.
//
// Errors: kNotFound "key.unknown"; kUnavailable "token.*";
// kUnavailable "token.bad-signature" when what the token signed does not verify.
base::Result<base::Bytes> SignCertificateRequest(Session& session, const KeyLabel& label,
                                                 const CertificateSubject& subject);

}  // namespace hsm
