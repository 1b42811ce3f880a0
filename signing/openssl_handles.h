// Owners for the OpenSSL objects that signing reads and writes.
#pragma once

#include <openssl/asn1.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include <optional>

#include "base/bytes.h"
#include "base/c_handle.h"
#include "base/clock.h"

namespace signing {

using X509Handle = base::CHandle<X509, X509_free>;
using OcspRequestHandle = base::CHandle<OCSP_REQUEST, OCSP_REQUEST_free>;
using OcspResponseHandle = base::CHandle<OCSP_RESPONSE, OCSP_RESPONSE_free>;
using OcspBasicHandle = base::CHandle<OCSP_BASICRESP, OCSP_BASICRESP_free>;
using OcspCertIdHandle = base::CHandle<OCSP_CERTID, OCSP_CERTID_free>;
using X509StoreHandle = base::CHandle<X509_STORE, X509_STORE_free>;

// nullptr unless `der` is exactly one certificate.
X509Handle ParseCertificate(base::ByteSpan der);

// The DER of an OpenSSL object by its i2d function; empty when it fails.
template <typename T>
base::Bytes ToDer(const T* object, int (*encode)(const T*, unsigned char**)) {
  unsigned char* buffer = nullptr;
  const int length = encode(object, &buffer);
  if (length <= 0) return {};
  const base::Bytes der(buffer, buffer + length);
  OPENSSL_free(buffer);
  return der;
}

// The content octets. Borrowed.
inline base::ByteSpan ContentOf(const ASN1_STRING* string) {
  return {ASN1_STRING_get0_data(string), static_cast<std::size_t>(ASN1_STRING_length(string))};
}

// The basic response in it, decoded in KeylessContext(); nullptr when it has none (RFC
// 6960, 4.2.1).
OcspBasicHandle BasicResponseOf(const OCSP_RESPONSE* response);

std::optional<base::Time> ToTime(const ASN1_TIME* time);

}  // namespace signing
