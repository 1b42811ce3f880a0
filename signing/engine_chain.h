// X.509 certificate validation (EN 319 102-1, 5.2.6), with the revocation acceptance (RAC),
// choice (CRS) and freshness (RFC, 5.2.5) that it rests on.
#pragma once

#include "signing/engine_case.h"

namespace signing {

// The newest revocation data that may be used for a certificate; both nullptr when none may.
struct RevocationChoice {
  const facts::Revocation* revocation = nullptr;
  const facts::RevocationStatus* status = nullptr;
};

// XCV of the signer of `object`. The chain is in facts order, signer first.
Block ValidateChain(const Case& question, Scope scope, const std::string& object,
                    const std::vector<facts::Id>& chain, base::Time at);

// CRS: records why candidates were turned down.
RevocationChoice ChooseRevocation(const Case& question, Scope scope, Part part,
                                  const facts::Certificate& certificate, base::Time at,
                                  Block& block);

// RFC: the last moment for which the revocation data is fresh. nullopt: it has no thisUpdate.
std::optional<base::Time> FreshUntil(const facts::Revocation& revocation,
                                     const Constraint& constraint);

// Whether the revocation data can speak of the certificate at all: it was issued in its
// validity, or the issuer keeps expired certificates.
bool CoversCertificate(const Case& question, const facts::Revocation& revocation,
                       const facts::Certificate& certificate);

}  // namespace signing
