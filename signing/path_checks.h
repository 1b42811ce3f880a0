// The checks of RFC 5280, 6.1 on a finished path.
#pragma once

#include "signing/path_builder.h"

namespace signing {

// Appends to path.problems; the path's certificates, anchor and service are filled.
void CheckPath(base::Time time, CertificatePath& path);

// Says of itself that it is a CA with a key for certificates, or is a root of version 1, which has
// no words for it.
bool MayBeCa(const Certificate& certificate);

PathLink LinkOf(const Certificate& certificate, const Certificate* issuer);

}  // namespace signing
