// Revocation acceptance checking (EN 319 102-1, 5.2.6, RAC).
#pragma once

#include "signing/engine_chain.h"

namespace signing {

// Responders have certificates with revocation data of their own; no honest chain is deeper.
inline constexpr int kMaxRevocationDepth = 4;

// Whether `status` may be used for the certificate.
Block AcceptRevocation(const Case& question, const facts::Certificate& certificate,
                       const facts::RevocationStatus& status, base::Time at, int depth);

// As ChooseRevocation(), inside `depth` levels of responders.
RevocationChoice ChooseAtDepth(const Case& question, Scope scope, Part part,
                               const facts::Certificate& certificate, base::Time at, int depth,
                               Block& block);

// Whether the policy asks for no revocation data for this certificate.
bool SkipsRevocation(const Policy& policy, Scope scope, Part part,
                     const facts::Certificate& certificate);

}  // namespace signing
