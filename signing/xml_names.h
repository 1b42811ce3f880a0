// Namespaces and algorithm names of XMLDSIG, XAdES and ASiC.
#pragma once

#include <string_view>

namespace signing {

inline constexpr std::string_view kDsig = "http://www.w3.org/2000/09/xmldsig#";
inline constexpr std::string_view kXades111 = "http://uri.etsi.org/01903/v1.1.1#";
inline constexpr std::string_view kXades122 = "http://uri.etsi.org/01903/v1.2.2#";
inline constexpr std::string_view kXades132 = "http://uri.etsi.org/01903/v1.3.2#";
inline constexpr std::string_view kXades141 = "http://uri.etsi.org/01903/v1.4.1#";

// True for the namespaces whose QualifyingProperties we read.
constexpr bool IsXades(std::string_view space) {
  return space == kXades132 || space == kXades122 || space == kXades111;
}

inline constexpr std::string_view kObjectType = "http://www.w3.org/2000/09/xmldsig#Object";
inline constexpr std::string_view kManifestType = "http://www.w3.org/2000/09/xmldsig#Manifest";

}  // namespace signing
