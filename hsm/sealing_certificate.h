// Certificates beside a sealing key in the token: its own, and its issuers.
//
// The own one is a certificate object with the key's CKA_ID; the n-th issuer's CKA_ID is
// "chain:label:n", counted from 0 for the nearest.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "hsm/session.h"
#include "hsm/signer.h"

namespace hsm {

inline constexpr std::size_t kMaxChain = 8;

// kNotFound "key.without-certificate" when none was imported; kUnavailable "token.*".
base::Result<base::Bytes> ReadCertificate(Session& session, const KeyLabel& label);
base::Result<std::vector<base::Bytes>> ReadChain(Session& session, const KeyLabel& label);

// Replaces both. The new certificate is stored before the old one goes, so there is one at
// every moment. REQUIRES: a session opened for writing, certificates checked by the caller.
base::Status StoreCertificates(Session& session, const KeyLabel& label, base::ByteSpan certificate,
                               const std::vector<base::Bytes>& chain);

}  // namespace hsm
