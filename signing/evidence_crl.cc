#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/c_handle.h"
#include "signing/evidence.h"
#include "signing/openssl_handles.h"

namespace signing {
namespace {

using base::Error;
using base::ErrorCode;
using CrlHandle = base::CHandle<X509_CRL, X509_CRL_free>;

Error Refused(const char* reason, const char* what) {
  return {ErrorCode::kInvalidInput, reason, what};
}

// What is critical and not looked at below may restrict what the list says (RFC 5280, 5.2).
bool IsPartial(const X509_CRL* crl) {
  for (int i = 0; i < X509_CRL_get_ext_count(crl); ++i) {
    X509_EXTENSION* const extension = X509_CRL_get_ext(crl, i);
    const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
    if (X509_EXTENSION_get_critical(extension) == 1 || nid == NID_delta_crl ||
        nid == NID_issuing_distribution_point)
      return true;
  }
  return false;
}

base::Status CheckTimes(const X509_CRL* crl, const CrlQuestion& question) {
  const auto updated = ToTime(X509_CRL_get0_lastUpdate(crl));
  const auto next = ToTime(X509_CRL_get0_nextUpdate(crl));
  if (!updated || !next) return Refused("crl.malformed", "thisUpdate or nextUpdate");
  if (*updated > question.now || *next < question.now)
    return Error{ErrorCode::kUnavailable, "crl.stale", "not current"};
  if (*updated < question.proven)
    return Error{ErrorCode::kUnavailable, "crl.too-old", "before the time proven"};
  return base::Ok();
}

}  // namespace

base::Status ReadCrl(base::ByteSpan crl, const CrlQuestion& question) {
  const unsigned char* at = crl.data();
  const CrlHandle list{d2i_X509_CRL(nullptr, &at, static_cast<long>(crl.size()))};
  ERR_clear_error();
  const X509Handle subject = ParseCertificate(question.certificate);
  const X509Handle issuer = ParseCertificate(question.issuer);
  if (!list || at != crl.data() + crl.size() || !subject || !issuer)
    return Refused("crl.malformed", "no CRL, certificate or issuer in DER");
  if (X509_NAME_cmp(X509_CRL_get_issuer(list.get()), X509_get_subject_name(issuer.get())) != 0 ||
      X509_NAME_cmp(X509_get_issuer_name(subject.get()), X509_get_subject_name(issuer.get())) != 0)
    return Refused("crl.other-issuer", "the list is another issuer's");
  const std::uint32_t usage = X509_get_key_usage(issuer.get());
  const bool may_sign = usage == UINT32_MAX || (usage & KU_CRL_SIGN) != 0;
  const bool good = may_sign && X509_CRL_verify(list.get(), X509_get0_pubkey(issuer.get())) == 1;
  ERR_clear_error();
  if (!good) return Refused("crl.bad-signature", "not signed by the issuer");
  if (IsPartial(list.get())) return Refused("crl.partial", "a delta or partitioned list");
  RETURN_IF_ERROR(CheckTimes(list.get(), question));
  X509_REVOKED* entry = nullptr;
  // 2 is removeFromCRL: it was on hold and is not any more.
  const int found = X509_CRL_get0_by_cert(list.get(), &entry, subject.get());
  ERR_clear_error();
  if (found == 1) return Refused("crl.revoked", "the certificate is revoked");
  return base::Ok();
}

}  // namespace signing
