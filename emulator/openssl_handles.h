// Owners of the OpenSSL objects that the emulator handles, and DER of them.
#pragma once

#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/c_handle.h"

namespace emulator {

using Asn1Integer = base::CHandle<ASN1_INTEGER, ASN1_INTEGER_free>;
using Asn1Object = base::CHandle<ASN1_OBJECT, ASN1_OBJECT_free>;
using Asn1Time = base::CHandle<ASN1_TIME, ASN1_TIME_free>;
using Bignum = base::CHandle<BIGNUM, BN_free>;
using Certificate = base::CHandle<X509, X509_free>;
using CertificationRequest = base::CHandle<X509_REQ, X509_REQ_free>;
using EvpKey = base::CHandle<EVP_PKEY, EVP_PKEY_free>;
using MemoryBio = base::CHandle<BIO, BIO_free_all>;

// DER by any i2d function: ToDer(certificate.get(), i2d_X509). Empty when it fails.
template <typename Object, typename Write>
base::Bytes ToDer(Object* object, Write write) {
  base::Bytes der(static_cast<std::size_t>(std::max(write(object, nullptr), 0)));
  std::uint8_t* end = der.data();
  if (!der.empty()) write(object, &end);
  return der;
}

// One object and nothing behind it, by any d2i function; nullptr otherwise.
template <typename Owner, typename Read>
Owner FromDer(base::ByteSpan der, Read read) {
  const std::uint8_t* end = der.data();
  Owner object{read(nullptr, &end, static_cast<long>(der.size()))};
  if (object && end != der.data() + der.size()) object.reset();
  return object;
}

}  // namespace emulator
