#include <openssl/err.h>

#include "signing/evidence.h"
#include "signing/openssl_handles.h"

namespace signing {
namespace {

constexpr std::chrono::minutes kClockGrace{5};

base::Error Malformed(const char* what) {
  return {base::ErrorCode::kInvalidInput, "ocsp.malformed", what};
}

// The one SingleResponse about `id`; its parts are borrowed from the response.
struct SingleStatus {
  int status = V_OCSP_CERTSTATUS_UNKNOWN;
  std::optional<base::Time> this_update;
  std::optional<base::Time> next_update;
};
base::Result<SingleStatus> StatusOf(OCSP_BASICRESP* basic, OCSP_CERTID* id) {
  SingleStatus single;
  int reason = 0;
  ASN1_GENERALIZEDTIME* revoked_at = nullptr;
  ASN1_GENERALIZEDTIME* this_update = nullptr;
  ASN1_GENERALIZEDTIME* next_update = nullptr;
  if (OCSP_resp_find_status(basic, id, &single.status, &reason, &revoked_at, &this_update,
                            &next_update) != 1)
    return base::Error{base::ErrorCode::kInvalidInput, "ocsp.other-certificate",
                       "the response is not about our certificate"};
  single.this_update = ToTime(this_update);
  single.next_update = ToTime(next_update);
  return single;
}

// RFC 6960, 4.2.2.2: signed by the issuer itself or by a responder the issuer certified
// with id-kp-OCSPSigning. The issuer is the only anchor, so nothing else can verify.
bool SignedForIssuer(OCSP_BASICRESP* basic, X509* issuer) {
  const X509StoreHandle anchors{X509_STORE_new()};
  if (!anchors || X509_STORE_add_cert(anchors.get(), issuer) != 1) return false;
  X509_STORE_set_flags(anchors.get(), X509_V_FLAG_PARTIAL_CHAIN);
  const bool verified = OCSP_basic_verify(basic, nullptr, anchors.get(), 0) == 1;
  ERR_clear_error();
  return verified;
}

base::Status CheckTimes(const SingleStatus& single, const OcspQuestion& question) {
  const base::Error stale{base::ErrorCode::kInvalidInput, "ocsp.stale",
                          "made before the proven time, or not valid now"};
  if (!single.this_update || *single.this_update > question.now + kClockGrace) return stale;
  if (*single.this_update + kClockGrace < question.proven) return stale;
  if (single.next_update && *single.next_update + kClockGrace < question.now) return stale;
  return base::Ok();
}

// RFC 9654: the extension holds an OCTET STRING. Responders may leave it out; one that answers
// with another nonce answers another question.
base::Status CheckNonce(OCSP_BASICRESP* basic, base::ByteSpan nonce) {
  const int index = OCSP_BASICRESP_get_ext_by_NID(basic, NID_id_pkix_OCSP_Nonce, -1);
  if (index < 0) return base::Ok();
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(OCSP_BASICRESP_get_ext(basic, index));
  base::Bytes wanted{0x04, static_cast<std::uint8_t>(nonce.size())};
  base::Append(nonce, wanted);
  const base::ByteSpan given(ASN1_STRING_get0_data(value),
                             static_cast<std::size_t>(ASN1_STRING_length(value)));
  // Before RFC 9654 some responders echoed the bytes without their OCTET STRING.
  if (base::EqualInConstantTime(given, wanted) || base::EqualInConstantTime(given, nonce))
    return base::Ok();
  return base::Error{base::ErrorCode::kInvalidInput, "ocsp.other-nonce",
                     "the response answers another request"};
}

base::Status CheckStatus(int status) {
  if (status == V_OCSP_CERTSTATUS_GOOD) return base::Ok();
  if (status == V_OCSP_CERTSTATUS_REVOKED)
    return base::Error{base::ErrorCode::kDenied, "ocsp.revoked", "the certificate is revoked"};
  return base::Error{base::ErrorCode::kUnavailable, "ocsp.refused",
                     "the responder does not know the certificate"};
}

std::vector<base::Bytes> EmbeddedCertificates(const OCSP_BASICRESP* basic) {
  std::vector<base::Bytes> certificates;
  const STACK_OF(X509)* embedded = OCSP_resp_get0_certs(basic);
  for (int i = 0; i < sk_X509_num(embedded); ++i)
    certificates.push_back(ToDer<X509>(sk_X509_value(embedded, i), i2d_X509));
  return certificates;
}

}  // namespace

base::Result<base::Bytes> BuildOcspRequest(base::ByteSpan certificate, base::ByteSpan issuer,
                                           base::ByteSpan nonce) {
  const X509Handle subject = ParseCertificate(certificate);
  const X509Handle authority = ParseCertificate(issuer);
  if (!subject || !authority)
    return base::Error{base::ErrorCode::kInvalidInput, "certificate.malformed",
                       "certificate or issuer is no X.509"};
  const OcspRequestHandle request{OCSP_REQUEST_new()};
  OcspCertIdHandle id{OCSP_cert_to_id(EVP_sha1(), subject.get(), authority.get())};
  if (!request || !id || OCSP_request_add0_id(request.get(), id.get()) == nullptr)
    return base::Error{base::ErrorCode::kUnavailable, "memory.short", "OCSP request"};
  static_cast<void>(id.release());               // The request owns it now.
  base::Bytes copy(nonce.begin(), nonce.end());  // The library asks for a pointer to write.
  if (OCSP_request_add1_nonce(request.get(), copy.data(), static_cast<int>(copy.size())) != 1)
    return base::Error{base::ErrorCode::kUnavailable, "memory.short", "OCSP nonce"};
  return ToDer<OCSP_REQUEST>(request.get(), i2d_OCSP_REQUEST);
}

base::Result<OcspAnswer> ReadOcspResponse(base::ByteSpan response, const OcspQuestion& question) {
  const X509Handle subject = ParseCertificate(question.certificate);
  const X509Handle authority = ParseCertificate(question.issuer);
  if (!subject || !authority) return Malformed("certificate or issuer is no X.509");
  const unsigned char* at = response.data();
  const OcspResponseHandle outer{
      d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(response.size()))};
  ERR_clear_error();
  if (!outer || at != response.data() + response.size()) return Malformed("no OCSPResponse");
  if (OCSP_response_status(outer.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    return base::Error{base::ErrorCode::kUnavailable, "ocsp.refused", "the responder said no"};
  const OcspBasicHandle basic{OCSP_response_get1_basic(outer.get())};
  if (!basic) return Malformed("no BasicOCSPResponse");

  const OcspCertIdHandle id{OCSP_cert_to_id(EVP_sha1(), subject.get(), authority.get())};
  ASSIGN_OR_RETURN(const SingleStatus single, StatusOf(basic.get(), id.get()));
  if (!SignedForIssuer(basic.get(), authority.get()))
    return base::Error{base::ErrorCode::kInvalidInput, "ocsp.bad-signature",
                       "not signed for the issuer of our certificate"};
  RETURN_IF_ERROR(CheckNonce(basic.get(), question.nonce));
  RETURN_IF_ERROR(CheckTimes(single, question));
  RETURN_IF_ERROR(CheckStatus(single.status));
  const auto produced = ToTime(OCSP_resp_get0_produced_at(basic.get()));
  if (!produced) return Malformed("producedAt");
  return OcspAnswer{.response = {response.begin(), response.end()},
                    .produced_at = *produced,
                    .certificates = EmbeddedCertificates(basic.get())};
}

}  // namespace signing
