// OCSP responses and CRLs made on the spot.
#pragma once

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include <string>
#include <vector>

#include "tests/fakes/certificate_maker.h"

namespace tests {

struct OcspSpec {
  const Identity* responder = nullptr;
  const Identity* certificate = nullptr;
  const Identity* issuer = nullptr;
  int status = V_OCSP_CERTSTATUS_GOOD;
  bool by_key = false;
  bool with_certificate = true;
  const EVP_MD* id_digest = EVP_sha1();
  base::Time this_update = Day(2023, 3, 1);
  base::Time next_update = Day(2023, 3, 2);
  std::string extension{};         // A critical extension of the response, dotted.
  std::string answer_extension{};  // Of the single answer.
  int copies = 0;                  // So many more of the same answer.
  base::Bytes nonce{};             // The whole value of the extension.
  const Identity* also = nullptr;  // One more certificate that stands in the response.
};

// Critical, with NULL inside.
inline X509_EXTENSION* CriticalExtension(const std::string& oid) {
  return X509V3_EXT_nconf(nullptr, nullptr, oid.c_str(), "critical,DER:0500");
}

// The stack, not what stands in it.
inline void FreeStack(STACK_OF(X509) * stack) {
  sk_X509_free(stack);
}

inline base::Bytes MakeOcsp(const OcspSpec& spec) {
  using Time = base::CHandle<ASN1_TIME, ASN1_TIME_free>;
  const base::CHandle<OCSP_BASICRESP, OCSP_BASICRESP_free> basic{OCSP_BASICRESP_new()};
  const base::CHandle<OCSP_CERTID, OCSP_CERTID_free> id{OCSP_cert_to_id(
      spec.id_digest, spec.certificate->certificate.get(), spec.issuer->certificate.get())};
  const Time from{ASN1_TIME_set(nullptr, spec.this_update.time_since_epoch().count())};
  const Time to{ASN1_TIME_set(nullptr, spec.next_update.time_since_epoch().count())};
  const Time revoked{ASN1_TIME_set(nullptr, Day(2023, 2, 1).time_since_epoch().count())};
  const bool is_revoked = spec.status == V_OCSP_CERTSTATUS_REVOKED;
  OCSP_SINGLERESP* answer =
      OCSP_basic_add1_status(basic.get(), id.get(), spec.status, OCSP_REVOKED_STATUS_KEYCOMPROMISE,
                             is_revoked ? revoked.get() : nullptr, from.get(), to.get());
  for (int i = 0; i < spec.copies; ++i)
    OCSP_basic_add1_status(basic.get(), id.get(), spec.status, OCSP_REVOKED_STATUS_KEYCOMPROMISE,
                           is_revoked ? revoked.get() : nullptr, from.get(), to.get());
  using Extension = base::CHandle<X509_EXTENSION, X509_EXTENSION_free>;
  if (!spec.extension.empty())
    OCSP_BASICRESP_add_ext(basic.get(), Extension{CriticalExtension(spec.extension)}.get(), -1);
  if (!spec.nonce.empty())
    OCSP_BASICRESP_add_ext(
        basic.get(),
        Extension{X509V3_EXT_nconf(nullptr, nullptr, "1.3.6.1.5.5.7.48.1.2",
                                   ("DER:" + base::HexEncode(spec.nonce)).c_str())}
            .get(),
        -1);
  if (!spec.answer_extension.empty())
    OCSP_SINGLERESP_add_ext(answer, Extension{CriticalExtension(spec.answer_extension)}.get(), -1);
  const base::CHandle<STACK_OF(X509), FreeStack> others{sk_X509_new_null()};
  if (spec.also != nullptr) sk_X509_push(others.get(), spec.also->certificate.get());
  const unsigned long flags =
      (spec.by_key ? OCSP_RESPID_KEY : 0U) | (spec.with_certificate ? 0U : OCSP_NOCERTS);
  if (OCSP_basic_sign(basic.get(), spec.responder->certificate.get(), spec.responder->key.get(),
                      EVP_sha256(), others.get(), flags) != 1)
    std::abort();
  const base::CHandle<OCSP_RESPONSE, OCSP_RESPONSE_free> response{
      OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get())};
  base::Bytes der(static_cast<std::size_t>(i2d_OCSP_RESPONSE(response.get(), nullptr)));
  unsigned char* at = der.data();
  i2d_OCSP_RESPONSE(response.get(), &at);
  return der;
}

struct CrlSpec {
  const Identity* issuer = nullptr;
  std::vector<const Identity*> revoked{};
  int others = 0;  // So many more entries.
  std::vector<std::pair<std::string, std::string>> extensions{};
  std::string entry_extension{};  // A critical extension of each revoked entry, dotted.
  int reason = -1;                // Of each revoked entry.
  base::Time this_update = Day(2023, 3, 1);
  base::Time next_update = Day(2023, 3, 2);
};

inline base::Bytes MakeCrl(const CrlSpec& spec) {
  using Time = base::CHandle<ASN1_TIME, ASN1_TIME_free>;
  const base::CHandle<X509_CRL, X509_CRL_free> crl{X509_CRL_new()};
  const Time from{ASN1_TIME_set(nullptr, spec.this_update.time_since_epoch().count())};
  const Time to{ASN1_TIME_set(nullptr, spec.next_update.time_since_epoch().count())};
  X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(spec.issuer->certificate.get()));
  X509_CRL_set1_lastUpdate(crl.get(), from.get());
  X509_CRL_set1_nextUpdate(crl.get(), to.get());
  const auto add = [&](const ASN1_INTEGER* serial) {
    X509_REVOKED* entry = X509_REVOKED_new();  // Owned by the list from here on.
    X509_REVOKED_set_serialNumber(entry, const_cast<ASN1_INTEGER*>(serial));
    X509_REVOKED_set_revocationDate(entry, from.get());
    if (spec.reason >= 0) {
      const base::CHandle<ASN1_ENUMERATED, ASN1_ENUMERATED_free> reason{ASN1_ENUMERATED_new()};
      ASN1_ENUMERATED_set(reason.get(), spec.reason);
      X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason.get(), 0, 0);
    }
    if (!spec.entry_extension.empty()) {
      const base::CHandle<X509_EXTENSION, X509_EXTENSION_free> extension{
          CriticalExtension(spec.entry_extension)};
      X509_REVOKED_add_ext(entry, extension.get(), -1);
    }
    X509_CRL_add0_revoked(crl.get(), entry);
  };
  for (const Identity* identity : spec.revoked)
    add(X509_get0_serialNumber(identity->certificate.get()));
  const base::CHandle<ASN1_INTEGER, ASN1_INTEGER_free> serial{ASN1_INTEGER_new()};
  for (int i = 0; i < spec.others; ++i) {
    ASN1_INTEGER_set(serial.get(), 7'000'000L + i);
    add(serial.get());
  }
  for (const auto& [name, value] : spec.extensions) {
    const base::CHandle<X509_EXTENSION, X509_EXTENSION_free> extension{
        X509V3_EXT_nconf(nullptr, nullptr, name.c_str(), value.c_str())};
    if (!extension || X509_CRL_add_ext(crl.get(), extension.get(), -1) != 1) std::abort();
  }
  X509_CRL_sort(crl.get());
  if (X509_CRL_sign(crl.get(), spec.issuer->key.get(), EVP_sha256()) == 0) std::abort();
  base::Bytes der(static_cast<std::size_t>(i2d_X509_CRL(crl.get(), nullptr)));
  unsigned char* at = der.data();
  i2d_X509_CRL(crl.get(), &at);
  return der;
}

}  // namespace tests
