// Namespaces of trusted lists (ETSI TS 119 612).
#pragma once

#include <string_view>

namespace signing {

inline constexpr std::string_view kTsl = "http://uri.etsi.org/02231/v2#";
inline constexpr std::string_view kTslAdditional = "http://uri.etsi.org/02231/v2/additionaltypes#";
inline constexpr std::string_view kTslQualifiers =
    "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#";

}  // namespace signing
