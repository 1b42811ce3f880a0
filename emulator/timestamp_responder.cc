#include "emulator/timestamp_responder.h"

#include <openssl/err.h>
#include <openssl/ts.h>

#include "base/random.h"
#include "emulator/authority_keys.h"
#include "emulator/openssl_handles.h"

namespace emulator {
namespace {

using TsRequest = base::CHandle<TS_REQ, TS_REQ_free>;
using TsResponse = base::CHandle<TS_RESP, TS_RESP_free>;
using TsContext = base::CHandle<TS_RESP_CTX, TS_RESP_CTX_free>;
// Owns the stack alone: the certificates belong to the authority.
using BorrowedChain =
    base::CHandle<STACK_OF(X509), [](STACK_OF(X509) * stack) { sk_X509_free(stack); }>;

// ITU-T X.660, A.7: the arc 2.999 is kept for examples.
constexpr const char* kPolicy = "2.999.1.1";

base::Error Malformed(std::string message) {
  ERR_clear_error();
  return {base::ErrorCode::kInvalidInput, "request.malformed", std::move(message)};
}

ASN1_INTEGER* RandomInteger() {
  base::Bytes random = base::RandomBytes(16);
  random[0] = static_cast<std::uint8_t>((random[0] & 0x7f) | 0x40);
  const Bignum number{BN_bin2bn(random.data(), static_cast<int>(random.size()), nullptr)};
  return BN_to_ASN1_INTEGER(number.get(), nullptr);
}

ASN1_INTEGER* NextSerial(TS_RESP_CTX*, void*) {
  return RandomInteger();
}

int TimeFrom(TS_RESP_CTX*, void* authority, long* seconds, long* microseconds) {
  *seconds = static_cast<const TestAuthority*>(authority)->Now().time_since_epoch().count();
  *microseconds = 0;
  return 1;
}

// The request as a TSA that errs would understand it.
bool Spoil(TS_REQ* request, TsaMode mode) {
  if (mode == TsaMode::kWrongNonce) {
    const Asn1Integer other{RandomInteger()};
    return TS_REQ_set_nonce(request, other.get()) == 1;
  }
  if (mode != TsaMode::kWrongImprint) return true;
  TS_MSG_IMPRINT* const imprint = TS_REQ_get_msg_imprint(request);
  ASN1_OCTET_STRING* const digest = TS_MSG_IMPRINT_get_msg(imprint);
  base::Bytes other(ASN1_STRING_get0_data(digest),
                    ASN1_STRING_get0_data(digest) + ASN1_STRING_length(digest));
  if (!other.empty()) other[0] ^= 1;
  return TS_MSG_IMPRINT_set_msg(imprint, other.data(), static_cast<int>(other.size())) == 1;
}

TsContext NewContext(const TestAuthority& authority) {
  const TestAuthority::Keys& keys = authority.keys();
  TsContext context{TS_RESP_CTX_new()};
  TS_RESP_CTX* const c = context.get();
  const Asn1Object policy{OBJ_txt2obj(kPolicy, 1)};
  const BorrowedChain chain{sk_X509_new_null()};
  if (c == nullptr || !policy || !chain) return nullptr;
  sk_X509_push(chain.get(), keys.issuing.certificate.get());
  // The callback takes its data without const and only reads it.
  TS_RESP_CTX_set_time_cb(c, TimeFrom, const_cast<TestAuthority*>(&authority));
  TS_RESP_CTX_set_serial_cb(c, NextSerial, nullptr);
  const bool ready =
      TS_RESP_CTX_set_signer_cert(c, keys.tsa.certificate.get()) == 1 &&
      TS_RESP_CTX_set_signer_key(c, keys.tsa.key.get()) == 1 &&
      TS_RESP_CTX_set_signer_digest(c, EVP_sha256()) == 1 &&
      TS_RESP_CTX_set_ess_cert_id_digest(c, EVP_sha256()) == 1 &&
      TS_RESP_CTX_set_certs(c, chain.get()) == 1 &&
      TS_RESP_CTX_set_def_policy(c, policy.get()) == 1 &&
      TS_RESP_CTX_set_accuracy(c, 1, 0, 0) == 1 && TS_RESP_CTX_add_md(c, EVP_sha256()) == 1 &&
      TS_RESP_CTX_add_md(c, EVP_sha384()) == 1 && TS_RESP_CTX_add_md(c, EVP_sha512()) == 1;
  return ready ? std::move(context) : nullptr;
}

base::Bytes Rejection() {
  const TsResponse response{TS_RESP_new()};
  const base::CHandle<TS_STATUS_INFO, TS_STATUS_INFO_free> status{TS_STATUS_INFO_new()};
  TS_STATUS_INFO_set_status(status.get(), TS_STATUS_REJECTION);
  TS_RESP_set_status_info(response.get(), status.get());
  return ToDer(response.get(), i2d_TS_RESP);
}

}  // namespace

base::Result<base::Bytes> AnswerTimestamp(const TestAuthority& authority, base::ByteSpan request,
                                          TsaMode mode) {
  const auto parsed = FromDer<TsRequest>(request, d2i_TS_REQ);
  if (!parsed) return Malformed("not one TimeStampReq in DER");
  if (mode == TsaMode::kRejects) return Rejection();
  if (!Spoil(parsed.get(), mode)) return Malformed("a TimeStampReq without its parts");
  const base::Bytes understood = ToDer(parsed.get(), i2d_TS_REQ);
  const TsContext context = NewContext(authority);
  const MemoryBio bio{BIO_new_mem_buf(understood.data(), static_cast<int>(understood.size()))};
  if (!context || !bio) return Malformed("OpenSSL refuses to answer");
  const TsResponse response{TS_RESP_create_response(context.get(), bio.get())};
  ERR_clear_error();
  if (!response) return Malformed("OpenSSL refuses to answer");
  return ToDer(response.get(), i2d_TS_RESP);
}

}  // namespace emulator
