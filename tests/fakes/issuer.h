// Issuer: certifies a PKCS#10 request with a throw-away key, and checks seals with OpenSSL.
#pragma once

#include <gtest/gtest.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>

#include "base/bytes.h"
#include "base/c_handle.h"
#include "base/clock.h"

namespace tests {

using EvpKey = base::CHandle<EVP_PKEY, EVP_PKEY_free>;
using Certificate = base::CHandle<X509, X509_free>;
using CertificationRequest = base::CHandle<X509_REQ, X509_REQ_free>;

inline Certificate ReadCertificate(base::ByteSpan der) {
  const std::uint8_t* end = der.data();
  return Certificate(d2i_X509(nullptr, &end, static_cast<long>(der.size())));
}

inline CertificationRequest ReadRequest(base::ByteSpan der) {
  const std::uint8_t* end = der.data();
  return CertificationRequest(d2i_X509_REQ(nullptr, &end, static_cast<long>(der.size())));
}

// Valid for a day from a minute before `at`; nullopt: now. `issuer` may be nullptr.
inline base::Bytes Issue(EVP_PKEY* subject_key, X509_NAME* subject, EVP_PKEY* issuer_key,
                         X509_NAME* issuer, std::optional<base::Time> at = std::nullopt) {
  const Certificate certificate{X509_new()};
  X509_set_version(certificate.get(), X509_VERSION_3);
  static std::atomic<std::uint64_t> serial = 0;  // softokn keeps no two of one issuer's number.
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), ++serial);
  std::time_t when = at ? std::chrono::system_clock::to_time_t(*at) : std::time(nullptr);
  X509_time_adj(X509_getm_notBefore(certificate.get()), -60, &when);
  X509_time_adj(X509_getm_notAfter(certificate.get()), 86400, &when);
  X509_set_subject_name(certificate.get(), subject);
  if (issuer != nullptr) X509_set_issuer_name(certificate.get(), issuer);
  X509_set_pubkey(certificate.get(), subject_key);
  X509_sign(certificate.get(), issuer_key, EVP_sha256());
  base::Bytes der(static_cast<std::size_t>(i2d_X509(certificate.get(), nullptr)));
  std::uint8_t* end = der.data();
  i2d_X509(certificate.get(), &end);
  return der;
}

inline EvpKey NewIssuerKey() {
  return EvpKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
}

// By a key that nobody keeps.
inline base::Bytes Issue(EVP_PKEY* subject_key, X509_NAME* subject,
                         std::optional<base::Time> at = std::nullopt) {
  return Issue(subject_key, subject, NewIssuerKey().get(), nullptr, at);
}

inline base::Bytes IssueFor(base::ByteSpan request_der) {
  const CertificationRequest request = ReadRequest(request_der);
  const EvpKey key{X509_REQ_get_pubkey(request.get())};
  EXPECT_EQ(X509_REQ_verify(request.get(), key.get()), 1);
  return Issue(key.get(), X509_REQ_get_subject_name(request.get()));
}

// One that issues more than once.
class Authority {
 public:
  explicit Authority(const char* name = "Test CA") {
    X509_NAME_add_entry_by_txt(name_.get(), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    certificate_ = Issue(key_.get(), name_.get(), key_.get(), name_.get());
  }
  const base::Bytes& certificate() const { return certificate_; }
  base::Bytes IssueFor(base::ByteSpan request_der) const {
    const CertificationRequest request = ReadRequest(request_der);
    return Issue(X509_REQ_get0_pubkey(request.get()), X509_REQ_get_subject_name(request.get()),
                 key_.get(), name_.get());
  }

 private:
  const EvpKey key_ = NewIssuerKey();
  const base::CHandle<X509_NAME, X509_NAME_free> name_{X509_NAME_new()};
  base::Bytes certificate_;
};

// Checked by OpenSSL alone. `digest` is nullptr for Ed25519; an ECDSA value is r || s.
struct SealForm {
  const char* digest = "SHA256";
  bool is_ecdsa = false;
  bool is_pss = false;
};
inline bool OpenSslVerifies(base::ByteSpan certificate_der, std::string_view data,
                            base::ByteSpan value, const SealForm& form) {
  const Certificate certificate = ReadCertificate(certificate_der);
  base::Bytes signature(value.begin(), value.end());
  if (form.is_ecdsa) {
    const auto half = static_cast<int>(value.size() / 2);
    ECDSA_SIG* const parts = ECDSA_SIG_new();
    ECDSA_SIG_set0(parts, BN_bin2bn(value.data(), half, nullptr),
                   BN_bin2bn(value.data() + half, half, nullptr));
    signature.resize(static_cast<std::size_t>(i2d_ECDSA_SIG(parts, nullptr)));
    std::uint8_t* end = signature.data();
    i2d_ECDSA_SIG(parts, &end);
    ECDSA_SIG_free(parts);
  }
  const base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* details = nullptr;
  EVP_DigestVerifyInit(context.get(), &details,
                       form.digest == nullptr ? nullptr : EVP_get_digestbyname(form.digest),
                       nullptr, X509_get0_pubkey(certificate.get()));
  if (form.is_pss) {
    EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST);
  }
  const base::ByteSpan bytes = base::AsBytes(data);
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes.data(),
                          bytes.size()) == 1;
}
inline bool OpenSslVerifies(base::ByteSpan certificate_der, std::string_view data,
                            base::ByteSpan value, bool is_ecdsa) {
  return OpenSslVerifies(certificate_der, data, value, SealForm{.is_ecdsa = is_ecdsa});
}

}  // namespace tests
