// Time-stamp tokens (RFC 3161) over given bytes, made by OpenSSL's TSA.
#pragma once

#include <openssl/bio.h>
#include <openssl/ts.h>

#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "base/c_handle.h"
#include "tests/fakes/test_keys.h"

namespace tests {

// Copies the request's extensions into the token.
inline int CopyExtension(TS_RESP_CTX* context, X509_EXTENSION* extension, void*) {
  return TS_TST_INFO_add_ext(TS_RESP_CTX_get_tst_info(context), extension, -1);
}

struct TokenForm {
  const EVP_MD* imprint = EVP_sha256();
  const EVP_MD* naming = EVP_sha256();  // Of the TSA's certificate; SHA-1: SigningCertificate.
  unsigned fraction_digits = 0;         // Of the seconds in genTime.
  bool with_tsa_name = false;
};

// The DER of a token over the digest of `data`, with the TSA's certificate inside. An extension
// is "1.2.3" or "critical 1.2.3".
// Over a digest that the form's algorithm made.
inline base::Bytes MakeTokenOver(const Identity& tsa, base::Bytes digest,
                                 const std::string& extension = "", const TokenForm& form = {}) {
  const base::CHandle<TS_REQ, TS_REQ_free> request{TS_REQ_new()};
  const base::CHandle<TS_MSG_IMPRINT, TS_MSG_IMPRINT_free> imprint{TS_MSG_IMPRINT_new()};
  const base::CHandle<X509_ALGOR, X509_ALGOR_free> algorithm{X509_ALGOR_new()};
  X509_ALGOR_set_md(algorithm.get(), form.imprint);
  TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get());
  TS_MSG_IMPRINT_set_msg(imprint.get(), digest.data(), static_cast<int>(digest.size()));
  TS_REQ_set_version(request.get(), 1);
  TS_REQ_set_msg_imprint(request.get(), imprint.get());
  TS_REQ_set_cert_req(request.get(), 1);
  if (!extension.empty()) {
    const bool critical = extension.starts_with("critical ");
    const std::string oid = critical ? extension.substr(9) : extension;
    const std::string value = critical ? "critical,DER:0500" : "DER:0500";
    const base::CHandle<X509_EXTENSION, X509_EXTENSION_free> made{
        X509V3_EXT_nconf(nullptr, nullptr, oid.c_str(), value.c_str())};
    TS_REQ_add_ext(request.get(), made.get(), -1);
  }
  const base::CHandle<BIO, BIO_free> der{BIO_new(BIO_s_mem())};
  i2d_TS_REQ_bio(der.get(), request.get());

  const base::CHandle<TS_RESP_CTX, TS_RESP_CTX_free> context{TS_RESP_CTX_new()};
  const base::CHandle<ASN1_OBJECT, ASN1_OBJECT_free> policy{OBJ_txt2obj("1.2.3.4", 1)};
  TS_RESP_CTX_set_signer_cert(context.get(), tsa.certificate.get());
  TS_RESP_CTX_set_signer_key(context.get(), tsa.key.get());
  TS_RESP_CTX_set_signer_digest(context.get(), EVP_sha256());
  TS_RESP_CTX_set_ess_cert_id_digest(context.get(), form.naming);
  TS_RESP_CTX_set_clock_precision_digits(context.get(), form.fraction_digits);
  if (form.with_tsa_name) TS_RESP_CTX_add_flags(context.get(), TS_TSA_NAME);
  TS_RESP_CTX_set_def_policy(context.get(), policy.get());
  TS_RESP_CTX_set_extension_cb(context.get(), CopyExtension, nullptr);
  TS_RESP_CTX_add_md(context.get(), form.imprint);
  const base::CHandle<TS_RESP, TS_RESP_free> response{
      TS_RESP_create_response(context.get(), der.get())};
  PKCS7* token = response ? TS_RESP_get_token(response.get()) : nullptr;
  if (token == nullptr) std::abort();
  base::Bytes bytes(static_cast<std::size_t>(i2d_PKCS7(token, nullptr)));
  unsigned char* at = bytes.data();
  i2d_PKCS7(token, &at);
  return bytes;
}

inline base::Bytes MakeToken(const Identity& tsa, base::ByteSpan data,
                             const std::string& extension = "", const TokenForm& form = {}) {
  base::Bytes digest(static_cast<std::size_t>(EVP_MD_get_size(form.imprint)));
  EVP_Digest(data.data(), data.size(), digest.data(), nullptr, form.imprint, nullptr);
  return MakeTokenOver(tsa, std::move(digest), extension, form);
}

}  // namespace tests
