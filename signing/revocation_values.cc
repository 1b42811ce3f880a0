#include "signing/revocation_values.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include "base/c_handle.h"
#include "signing/certificate.h"
#include "signing/openssl_handles.h"

namespace signing {
namespace {

using Crl = base::CHandle<X509_CRL, X509_CRL_free>;

OcspBasicHandle ReadBasic(base::ByteSpan der) {
  const unsigned char* at = der.data();
  const OcspResponseHandle response{d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size()))};
  OcspBasicHandle basic = response ? BasicResponseOf(response.get()) : nullptr;
  ERR_clear_error();
  return basic;
}

}  // namespace

RevocationFact DescribeOcsp(base::ByteSpan der) {
  RevocationFact fact;
  fact.type = "OCSP";
  fact.sha256 = base::Sha256(der);
  const OcspBasicHandle basic = ReadBasic(der);
  if (!basic) return fact;
  fact.readable = true;
  fact.produced_at = TimeOf(OCSP_resp_get0_produced_at(basic.get()));
  const ASN1_OCTET_STRING* by_key = nullptr;
  const X509_NAME* by_name = nullptr;
  if (OCSP_resp_get0_id(basic.get(), &by_key, &by_name) == 1 && by_name != nullptr)
    fact.issuer = NameText(by_name);
  OCSP_SINGLERESP* single = OCSP_resp_get0(basic.get(), 0);
  if (single == nullptr) return fact;
  ASN1_GENERALIZEDTIME* this_update = nullptr;
  ASN1_GENERALIZEDTIME* next_update = nullptr;
  OCSP_single_get0_status(single, nullptr, nullptr, &this_update, &next_update);
  fact.this_update = TimeOf(this_update);
  fact.next_update = TimeOf(next_update);
  return fact;
}

RevocationFact DescribeCrl(base::ByteSpan der) {
  RevocationFact fact;
  fact.type = "CRL";
  fact.sha256 = base::Sha256(der);
  const unsigned char* at = der.data();
  const Crl crl{d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size()))};
  ERR_clear_error();
  if (!crl) return fact;
  fact.readable = true;
  fact.issuer = NameText(X509_CRL_get_issuer(crl.get()));
  fact.this_update = TimeOf(X509_CRL_get0_lastUpdate(crl.get()));
  fact.next_update = TimeOf(X509_CRL_get0_nextUpdate(crl.get()));
  return fact;
}

}  // namespace signing
