// The certificates of a file, one by one: a folder of signers often comes as one PEM file.
#pragma once

#include <vector>

#include "base/bytes.h"

namespace trust {

// Those of a PEM file in DER (RFC 7468, 5); any other file as it is. Never fails: what does not
// decode is left out, and what is no certificate is found out behind the walls.
std::vector<base::Bytes> CertificatesIn(base::Bytes file);

}  // namespace trust
