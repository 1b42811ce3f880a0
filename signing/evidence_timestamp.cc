#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/ts.h>

#include "base/c_handle.h"
#include "signing/evidence.h"
#include "signing/timestamp_token.h"

namespace signing {
namespace {

using StatusInfo = base::CHandle<TS_STATUS_INFO, TS_STATUS_INFO_free>;

base::Error Malformed(const char* what) {
  return {base::ErrorCode::kInvalidInput, "timestamp.malformed", what};
}

// The content of one DER SEQUENCE that fills `der`; nullopt otherwise.
std::optional<base::ByteSpan> SequenceContent(base::ByteSpan der) {
  const unsigned char* at = der.data();
  long length = 0;
  int tag = 0;
  int klass = 0;
  const int flags = ASN1_get_object(&at, &length, &tag, &klass, static_cast<long>(der.size()));
  ERR_clear_error();
  // 0x80: an error; bit 0: indefinite length, which DER does not have.
  if ((flags & 0x81) != 0 || tag != V_ASN1_SEQUENCE) return std::nullopt;
  if (at + length != der.data() + der.size()) return std::nullopt;
  return base::ByteSpan(at, static_cast<std::size_t>(length));
}

// TimeStampResp ::= SEQUENCE { status PKIStatusInfo, timeStampToken OPTIONAL }. Taken apart
// here, because OpenSSL's TS_RESP refuses tokens that hold attribute certificates.
base::Result<base::ByteSpan> GrantedToken(base::ByteSpan response) {
  const auto content = SequenceContent(response);
  if (!content) return Malformed("no TimeStampResp");
  const unsigned char* at = content->data();
  const StatusInfo status{d2i_TS_STATUS_INFO(nullptr, &at, static_cast<long>(content->size()))};
  ERR_clear_error();
  if (!status) return Malformed("no PKIStatusInfo");
  const long code = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(status.get()));
  if (code != TS_STATUS_GRANTED && code != TS_STATUS_GRANTED_WITH_MODS)
    return base::Error{base::ErrorCode::kUnavailable, "timestamp.refused",
                       "PKIStatus " + std::to_string(code)};
  return content->subspan(static_cast<std::size_t>(at - content->data()));
}

std::vector<base::Bytes> SignerFirst(const TimestampToken& token) {
  std::vector<base::Bytes> certificates{token.signer->der()};
  for (const Certificate& certificate : token.certificates) {
    if (certificate.der() != certificates.front()) certificates.push_back(certificate.der());
  }
  return certificates;
}

// RFC 3161, 2.4.2: the token answers this request only if imprint and nonce are ours.
base::Status CheckImprint(const TimestampToken& token, const base::Sha256Digest& imprint) {
  if (token.imprint_algorithm == FindDigestByName("SHA256") && token.ImprintIs(imprint.bytes))
    return base::Ok();
  return base::Error{base::ErrorCode::kInvalidInput, "timestamp.other-imprint",
                     "the token covers other data"};
}

base::Result<TimestampAnswer> CheckedAnswer(base::ByteSpan der, const TimestampToken& token) {
  if (!token.signer || !token.signature_ok)
    return base::Error{base::ErrorCode::kInvalidInput, "timestamp.bad-signature",
                       "no embedded certificate verifies the token"};
  return TimestampAnswer{
      .token = {der.begin(), der.end()}, .time = token.time, .certificates = SignerFirst(token)};
}

}  // namespace

base::Bytes BuildTimestampRequest(const base::Sha256Digest& imprint, base::ByteSpan nonce) {
  // TimeStampReq ::= SEQUENCE { version 1, messageImprint, nonce INTEGER, certReq TRUE };
  // every length is below 128, so each header is two bytes.
  base::Bytes request{0x30, 0x00, 0x02, 0x01, 0x01};
  base::Append(base::Bytes{0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
                           0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
               request);
  base::Append(imprint.bytes, request);
  request.push_back(0x02);
  request.push_back(static_cast<std::uint8_t>(nonce.size()));
  base::Append(nonce, request);
  base::Append(base::Bytes{0x01, 0x01, 0xFF}, request);
  request[1] = static_cast<std::uint8_t>(request.size() - 2);
  return request;
}

base::Result<TimestampAnswer> ReadTimestampResponse(base::ByteSpan response,
                                                    const base::Sha256Digest& imprint,
                                                    base::ByteSpan nonce) {
  ASSIGN_OR_RETURN(const base::ByteSpan der, GrantedToken(response));
  ASSIGN_OR_RETURN(const TimestampToken token, ParseTimestampToken(der, {}));
  RETURN_IF_ERROR(CheckImprint(token, imprint));
  if (!base::EqualInConstantTime(token.nonce, nonce))
    return base::Error{base::ErrorCode::kInvalidInput, "timestamp.other-nonce",
                       "the token answers another request"};
  return CheckedAnswer(der, token);
}

base::Result<TimestampAnswer> ReadTimestampToken(base::ByteSpan token,
                                                 const base::Sha256Digest& imprint) {
  ASSIGN_OR_RETURN(const TimestampToken parsed, ParseTimestampToken(token, {}));
  RETURN_IF_ERROR(CheckImprint(parsed, imprint));
  return CheckedAnswer(token, parsed);
}

}  // namespace signing
