// Keys and certificates made on the spot; nothing of them outlives the test.
#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/c_handle.h"

namespace tests {

using Key = base::CHandle<EVP_PKEY, EVP_PKEY_free>;
using X509Certificate = base::CHandle<X509, X509_free>;

inline Key MakeEcKey(const char* curve = "P-256") {
  return Key{EVP_EC_gen(curve)};
}
inline Key MakeRsaKey(std::size_t bits = 2048) {
  return Key{EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits)};
}
inline Key MakeEd25519Key() {
  return Key{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
}

struct Identity {
  Key key;
  X509Certificate certificate;

  base::Bytes Der() const {
    base::Bytes der(static_cast<std::size_t>(i2d_X509(certificate.get(), nullptr)));
    unsigned char* at = der.data();
    i2d_X509(certificate.get(), &at);
    return der;
  }
};

// Self-issued; for time-stamps with the extended key usage that RFC 3161 asks for.
inline Identity MakeIdentity(Key key, const std::string& name, bool for_timestamps = false) {
  X509Certificate certificate{X509_new()};
  X509_set_version(certificate.get(), X509_VERSION_3);
  static long serial = 1000;
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_set_pubkey(certificate.get(), key.get());
  if (for_timestamps) {
    const base::CHandle<X509_EXTENSION, X509_EXTENSION_free> usage{
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_ext_key_usage, "critical,timeStamping")};
    X509_add_ext(certificate.get(), usage.get(), -1);
  }
  const bool own_digest = EVP_PKEY_is_a(key.get(), "ED25519") == 1;
  if (X509_sign(certificate.get(), key.get(), own_digest ? nullptr : EVP_sha256()) == 0)
    std::abort();
  return {std::move(key), std::move(certificate)};
}

// A signature as EVP makes it: DER for ECDSA.
inline base::Bytes SignWith(EVP_PKEY* key, const EVP_MD* md, base::ByteSpan data,
                            bool pss = false) {
  const base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* key_context = nullptr;
  if (EVP_DigestSignInit(context.get(), &key_context, md, nullptr, key) != 1) std::abort();
  if (pss) {
    EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST);
  }
  std::size_t size = 0;
  EVP_DigestSign(context.get(), nullptr, &size, data.data(), data.size());
  base::Bytes value(size);
  if (EVP_DigestSign(context.get(), value.data(), &size, data.data(), data.size()) != 1)
    std::abort();
  value.resize(size);
  return value;
}

// The r || s of XMLDSIG from the DER of OpenSSL.
inline base::Bytes RawEcdsa(base::ByteSpan der, std::size_t half) {
  const unsigned char* at = der.data();
  const base::CHandle<ECDSA_SIG, ECDSA_SIG_free> signature{
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()))};
  base::Bytes raw(2 * half);
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), static_cast<int>(half));
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + half, static_cast<int>(half));
  return raw;
}

}  // namespace tests
