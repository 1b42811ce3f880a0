// What the extensions of an X.509 certificate say, for paths and qualification (RFC 5280, 4.2).
//
// Every function may be called from any thread; nothing is cached by us.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "signing/certificate.h"

namespace signing {

// KU_... bits of OpenSSL; nullopt without the extension.
std::optional<std::uint32_t> KeyUsageOf(const Certificate& certificate);
// The bit by its name in RFC 5280 ("nonRepudiation"); zero for no such name.
std::uint32_t KeyUsageMask(std::string_view name);

// Dotted object identifiers; empty without the extension.
std::vector<std::string> PoliciesOf(const Certificate& certificate);
std::vector<std::string> ExtendedKeyUsagesOf(const Certificate& certificate);
std::vector<std::string> SubjectAttributesOf(const Certificate& certificate);

bool HasExtendedKeyUsage(const Certificate& certificate, std::string_view oid);
inline constexpr std::string_view kOcspSigning = "1.3.6.1.5.5.7.3.9";
inline constexpr std::string_view kTimeStamping = "1.3.6.1.5.5.7.3.8";
inline constexpr std::string_view kTslSigning = "0.4.0.2231.3.0";  // TS 119 612, 5.7.1.

// RFC 3161, 2.3: the certificate "MUST contain only one instance of the extended key usage
// field extension [...] with KeyPurposeID having value: id-kp-timeStamping", critical.
bool IsOnlyForTimestamps(const Certificate& certificate);

struct BasicConstraints {
  bool present = false;
  bool ca = false;
  std::optional<long> path_length;
};
BasicConstraints BasicConstraintsOf(const Certificate& certificate);

// False when an extension does not decode or occurs twice: then the certificate says nothing
// reliable.
bool ExtensionsDecode(const Certificate& certificate);

// Dotted identifiers of critical extensions that nobody here acts on.
std::vector<std::string> UnknownCriticalExtensions(const Certificate& certificate);

std::optional<base::Bytes> SubjectKeyIdOf(const Certificate& certificate);

// The authority key identifier of `certificate` is the subject key identifier of `issuer`. A hint.
bool NamesKeyOf(const Certificate& certificate, const Certificate& issuer);

// Names are compared as RFC 5280, 7.1 says, not byte by byte.
bool IsIssuedInTheNameOf(const Certificate& certificate, const Certificate& issuer);
// The same subject and the same public key: another certificate of the same entity.
bool IsSameEntity(const Certificate& a, const Certificate& b);

}  // namespace signing
