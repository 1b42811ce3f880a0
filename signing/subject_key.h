// Public keys out of X.509 certificates (RFC 5280, 4.1.2.7), without OpenSSL's decoders.
//
// OpenSSL 3.0 decodes the key of each certificate with it, by a search through all decoders of all
// providers: over 100 us, ten times what the rest of a certificate takes. So certificates are read
// in a context that finds no decoder, and their keys are made of the two shapes that nearly all
// have.
#pragma once

#include <openssl/types.h>

#include <memory>

namespace signing {

// A library context for decoding certificates, and CMS and OCSP that hold some: digests work in
// it, the keys of its certificates are left undecoded (X509_get0_pubkey() gives nullptr). Lives
// as long as the process, thread-safe. nullptr, the default context, when it could not be made:
// the same results, slower.
OSSL_LIB_CTX* KeylessContext();

// The public key of a certificate from whatever context, for use in the default one. nullptr when
// it cannot be read, and for keys that prove nothing or cost too much: curves that are spelled out
// (RFC 5480, 2.1.1: "specifiedCurve [...] MUST NOT be used") or that nobody signs with, RSA
// exponents that are even, 1 or longer than 64 bits.
std::shared_ptr<EVP_PKEY> SubjectKeyOf(const X509* x509);
// The same of a SubjectPublicKeyInfo that was decoded elsewhere.
std::shared_ptr<EVP_PKEY> SubjectKeyOf(X509_PUBKEY* info);

}  // namespace signing
