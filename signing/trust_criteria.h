// Reads and applies the criteria of the Qualifications extension (TS 119 612, 5.5.9.2).
#pragma once

#include <libxml/tree.h>

#include <optional>
#include <vector>

#include "signing/certificate.h"
#include "signing/trust_service.h"

namespace signing {

// Of a Qualifications element. Never fails: what is not understood is marked so.
std::vector<TrustQualifier> ReadQualifications(const xmlNode* qualifications);

// Whether the certificate fits; nullopt when that hangs on a part that is not understood.
std::optional<bool> Fits(const TrustCriteria& criteria, const Certificate& certificate);

}  // namespace signing
