// SignedInfo: the only bytes a sealing key ever signs.
//
// Serialised here in exclusive canonical form (XML-EXC-C14N 1.0) by construction, from
// values whose characters need no escaping. So what is signed is well-formed, covers digests
// alone, and reads the same to every XML parser.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "hsm/signer.h"

namespace hsm {

// kInvalidInput "seal.malformed" unless there are 2 to 1,000 references, exactly one of them
// to SignedProperties, each is of the form that signer.h states, and no two share an Id
// or a URI.
base::Status CheckReferences(std::span<const Reference> references);

// REQUIRES: CheckReferences() passed.
std::string SerialiseSignedInfo(SignatureAlgorithm algorithm,
                                std::span<const Reference> references);

// ---- For keys that are elsewhere. Certificates come from outside: open them in the inspector.
// ----

// As TokenSigner chooses for a key of that certificate. kInvalidInput "certificate.malformed",
// "seal.other-algorithm".
base::Result<SignatureAlgorithm> AlgorithmFor(base::ByteSpan certificate,
                                              std::optional<SignatureAlgorithm> asked);

// Whether the certificate's key made `value` over `data`. No for what is no certificate.
bool IsSignedBy(base::ByteSpan certificate, SignatureAlgorithm algorithm, base::ByteSpan data,
                base::ByteSpan value);

}  // namespace hsm
