// Whether a name written as text means the name inside a certificate.
#pragma once

#include <openssl/types.h>

#include <string_view>

namespace signing {

// Compares an X509IssuerName (RFC 4514 and its forerunners) with a DER name by meaning: the
// attribute's name or number, "#" with DER in hex or text, escapes, order, spacing and the
// case of ASCII letters make no difference.
bool NameMeans(std::string_view text, const X509_NAME* name);

}  // namespace signing
