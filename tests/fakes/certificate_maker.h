// CertificateMaker: certificates of a small PKI, with every extension an attacker would turn.
#pragma once

#include <openssl/x509v3.h>

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "signing/certificate.h"
#include "tests/fakes/test_keys.h"

namespace tests {

inline base::Time Day(int year, unsigned month, unsigned day) {
  return std::chrono::sys_days{std::chrono::year{year} / std::chrono::month{month} /
                               std::chrono::day{day}};
}

struct CertificateSpec {
  std::string name;
  const Identity* issuer = nullptr;  // nullptr: self-issued.
  // OpenSSL's name or dotted identifier, and its configuration text or "DER:...".
  std::vector<std::pair<std::string, std::string>> extensions{};
  base::Time from = Day(2015, 1, 1);
  base::Time to = Day(2035, 1, 1);
  EVP_PKEY* key = nullptr;  // nullptr: a fresh one.
  std::string organization{};
};

using Extensions = std::vector<std::pair<std::string, std::string>>;

inline Extensions CaExtensions(const std::string& more = "") {
  return {{"basicConstraints", "critical,CA:TRUE" + more},
          {"keyUsage", "critical,keyCertSign,cRLSign"}};
}

inline void AddName(X509_NAME* name, const char* field, const std::string& value) {
  X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0);
}

inline Identity Make(const CertificateSpec& spec) {
  Key key = MakeEcKey();
  if (spec.key != nullptr) {
    EVP_PKEY_up_ref(spec.key);
    key = Key{spec.key};
  }
  X509Certificate certificate{X509_new()};
  X509_set_version(certificate.get(), X509_VERSION_3);
  static long serial = 500'000;
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), spec.from.time_since_epoch().count());
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), spec.to.time_since_epoch().count());
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  if (!spec.organization.empty()) AddName(subject, "O", spec.organization);
  AddName(subject, "CN", spec.name);
  X509* issuer = spec.issuer == nullptr ? certificate.get() : spec.issuer->certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  X509_set_pubkey(certificate.get(), key.get());
  X509V3_CTX context{};  // Without a configuration file.
  X509V3_set_ctx(&context, issuer, certificate.get(), nullptr, nullptr, 0);
  for (const auto& [name, value] : spec.extensions) {
    const base::CHandle<X509_EXTENSION, X509_EXTENSION_free> extension{
        X509V3_EXT_nconf(nullptr, &context, name.c_str(), value.c_str())};
    if (!extension || X509_add_ext(certificate.get(), extension.get(), -1) != 1) std::abort();
  }
  EVP_PKEY* signer = spec.issuer == nullptr ? key.get() : spec.issuer->key.get();
  if (X509_sign(certificate.get(), signer, EVP_sha256()) == 0) std::abort();
  return {std::move(key), std::move(certificate)};
}

inline signing::Certificate Public(const Identity& identity) {
  return *signing::Certificate::Parse(identity.Der());
}

}  // namespace tests
