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

}  // namespace hsm
