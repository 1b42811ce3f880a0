#include "signing/throwaway_identity.h"

#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <array>
#include <string_view>
#include <utility>

namespace signing {
namespace {

using Digesting = base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;
constexpr long kHour = 3600;  // Seconds.

using Extension = base::CHandle<X509_EXTENSION, X509_EXTENSION_free>;

constexpr std::array<std::pair<int, const char*>, 5> kExtensions{{
    {NID_basic_constraints, "critical,CA:TRUE,pathlen:1"},
    {NID_key_usage, "critical,digitalSignature,nonRepudiation,keyCertSign,cRLSign"},
    {NID_ext_key_usage, "OCSPSigning,timeStamping"},
    {NID_subject_key_identifier, "hash"},
    {NID_subject_alt_name, "DNS:throw-away.invalid"},
}};

}  // namespace

ThrowawayIdentity MakeThrowaway(ThrowawayKey key, bool pss) {
  X509Handle x509{X509_new()};
  X509_set_version(x509.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509.get()), -kHour);
  X509_gmtime_adj(X509_getm_notAfter(x509.get()), kHour);
  X509_NAME* name = X509_get_subject_name(x509.get());
  constexpr std::string_view kName = "throw-away";
  X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(kName.data()),
                             static_cast<int>(kName.size()), -1, 0);
  X509_set_issuer_name(x509.get(), name);
  X509_set_pubkey(x509.get(), key.get());
  X509V3_CTX context{};
  X509V3_set_ctx(&context, x509.get(), x509.get(), nullptr, nullptr, 0);
  for (const auto& [nid, value] : kExtensions) {
    const Extension extension{X509V3_EXT_conf_nid(nullptr, &context, nid, value)};
    if (extension) X509_add_ext(x509.get(), extension.get(), -1);
  }
  const Digesting digesting{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* parameters = nullptr;
  const EVP_MD* md = EVP_PKEY_is_a(key.get(), "ED25519") == 1 ? nullptr : EVP_sha256();
  if (EVP_DigestSignInit(digesting.get(), &parameters, md, nullptr, key.get()) == 1) {
    if (pss) EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING);
    X509_sign_ctx(x509.get(), digesting.get());
  }
  base::Bytes der = ToDer<X509>(x509.get(), i2d_X509);
  return {std::move(key), std::move(x509), std::move(der)};
}

}  // namespace signing
