#include "emulator/ocsp_responder.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "base/random.h"
#include "emulator/authority_keys.h"
#include "emulator/certificate_builder.h"
#include "emulator/openssl_handles.h"

namespace emulator {
namespace {

using OcspRequest = base::CHandle<OCSP_REQUEST, OCSP_REQUEST_free>;
using OcspResponse = base::CHandle<OCSP_RESPONSE, OCSP_RESPONSE_free>;
using BasicResponse = base::CHandle<OCSP_BASICRESP, OCSP_BASICRESP_free>;
using CertificateId = base::CHandle<OCSP_CERTID, OCSP_CERTID_free>;

constexpr std::chrono::minutes kFresh{15};
constexpr std::chrono::hours kStaleSince{24 * 7};
constexpr int kMaxQuestions = 16;

base::Error Malformed(std::string message) {
  ERR_clear_error();
  return {base::ErrorCode::kInvalidInput, "request.malformed", std::move(message)};
}

base::Bytes Respond(int status, OCSP_BASICRESP* basic) {
  const OcspResponse response{OCSP_response_create(status, basic)};
  return ToDer(response.get(), i2d_OCSP_RESPONSE);
}

// RFC 6960, 4.1.1: the issuer's name and key under the hash that the client chose.
bool IsAboutOurs(OCSP_CERTID* id, X509* issuer) {
  ASN1_OBJECT* hash = nullptr;
  ASN1_INTEGER* serial = nullptr;
  OCSP_id_get0_info(nullptr, &hash, nullptr, &serial, id);
  const EVP_MD* const digest = EVP_get_digestbyobj(hash);
  if (digest == nullptr) return false;
  const CertificateId ours{OCSP_cert_id_new(digest, X509_get_subject_name(issuer),
                                            X509_get0_pubkey_bitstr(issuer), serial)};
  return ours && OCSP_id_issuer_cmp(ours.get(), id) == 0;
}

CertificateStatus StatusFor(const TestAuthority& authority, OCSP_CERTID* id, OcspMode mode) {
  if (mode == OcspMode::kUnknown) return {};
  ASN1_INTEGER* serial = nullptr;
  OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial, id);
  return authority.StatusOf(SerialText(serial));
}

bool AddStatus(OCSP_BASICRESP* basic, OCSP_CERTID* id, const CertificateStatus& status,
               base::Time at) {
  const Asn1Time from = ToAsn1(at);
  const Asn1Time to = ToAsn1(at + kFresh);
  const Asn1Time revoked = ToAsn1(status.revoked_at);
  const bool is_revoked = status.state == CertificateState::kRevoked;
  const int code = status.state == CertificateState::kGood ? V_OCSP_CERTSTATUS_GOOD
                   : is_revoked                            ? V_OCSP_CERTSTATUS_REVOKED
                                                           : V_OCSP_CERTSTATUS_UNKNOWN;
  return OCSP_basic_add1_status(basic, id, code, OCSP_REVOKED_STATUS_NOSTATUS,
                                is_revoked ? revoked.get() : nullptr, from.get(),
                                to.get()) != nullptr;
}

bool AddNonce(OCSP_BASICRESP* basic, OCSP_REQUEST* request, OcspMode mode) {
  if (mode != OcspMode::kWrongNonce) return OCSP_copy_nonce(basic, request) > 0;
  base::Bytes other = base::RandomBytes(16);
  return OCSP_basic_add1_nonce(basic, other.data(), static_cast<int>(other.size())) == 1;
}

bool Sign(OCSP_BASICRESP* basic, const Identity& responder, base::Time at) {
  // OCSP_NOTIME: otherwise OpenSSL writes the machine's time, not our clock's. The field is
  // there from the start; the one function that reaches it gives it as const.
  const ASN1_GENERALIZEDTIME* const produced = OCSP_resp_get0_produced_at(basic);
  ASN1_GENERALIZEDTIME_set(const_cast<ASN1_GENERALIZEDTIME*>(produced),
                           at.time_since_epoch().count());
  return OCSP_basic_sign(basic, responder.certificate.get(), responder.key.get(), EVP_sha256(),
                         nullptr, OCSP_NOTIME) == 1;
}

}  // namespace

base::Result<base::Bytes> AnswerOcsp(const TestAuthority& authority, base::ByteSpan request,
                                     OcspMode mode) {
  const auto parsed = FromDer<OcspRequest>(request, d2i_OCSP_REQUEST);
  const int count = parsed ? OCSP_request_onereq_count(parsed.get()) : 0;
  if (count < 1 || count > kMaxQuestions) return Malformed("not one OCSPRequest in DER");
  if (mode == OcspMode::kTryLater) return Respond(OCSP_RESPONSE_STATUS_TRYLATER, nullptr);

  const TestAuthority::Keys& keys = authority.keys();
  const base::Time at =
      authority.Now() - (mode == OcspMode::kStale ? kStaleSince : std::chrono::hours{0});
  const BasicResponse basic{OCSP_BASICRESP_new()};
  const Identity* issuer = nullptr;
  for (int i = 0; i < count; ++i) {
    OCSP_CERTID* const id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(parsed.get(), i));
    const Identity* of_this = IsAboutOurs(id, keys.issuing.certificate.get()) ? &keys.issuing
                              : IsAboutOurs(id, keys.root.certificate.get())  ? &keys.root
                                                                              : nullptr;
    if (of_this == nullptr || (issuer != nullptr && issuer != of_this))
      return Respond(OCSP_RESPONSE_STATUS_UNAUTHORIZED, nullptr);
    issuer = of_this;
    if (!AddStatus(basic.get(), id, StatusFor(authority, id, mode), at))
      return Malformed("OpenSSL refuses the question");
  }
  // The root answers for itself; the issuing CA has a responder (RFC 6960, 4.2.2.2).
  const Identity& responder = issuer == &keys.root ? keys.root : keys.ocsp;
  const bool done = AddNonce(basic.get(), parsed.get(), mode) && Sign(basic.get(), responder, at);
  ERR_clear_error();
  if (!done) return Respond(OCSP_RESPONSE_STATUS_INTERNALERROR, nullptr);
  return Respond(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get());
}

}  // namespace emulator
