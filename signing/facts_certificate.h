// One X.509 certificate as the engine sees it.
#pragma once

#include <optional>

#include "signing/certificate.h"
#include "signing/facts.h"
#include "signing/path_builder.h"

namespace signing {

// Everything that the certificate itself says; trust, seal and revocation stay empty.
facts::Certificate DescribeCertificate(const Certificate& certificate);

facts::Id IdOfCertificate(const Certificate& certificate);

// How the certificate is signed, as the path found it.
facts::Seal SealOfLink(const PathLink& link);

// The engine's name of a key: "RSA", "ECDSA", "EDDSA".
std::string KeyName(const std::string& openssl_name);

// From when to when the service vouches, around `time`; nullopt when it does not then.
struct TrustedPeriod {
  base::Time from;
  std::optional<base::Time> until;
};
std::optional<TrustedPeriod> TrustedPeriodOf(const TrustService& service, base::Time time);

}  // namespace signing
