#include "signing/certificate_extensions.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/c_handle.h"

namespace signing {
namespace {

using Policies = base::CHandle<CERTIFICATEPOLICIES, CERTIFICATEPOLICIES_free>;
using Purposes = base::CHandle<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;

// What paths, policies or qualification act on. OpenSSL's own list has more, for which it asks
// its caller to act: proxy certificates, addresses, autonomous systems.
constexpr auto kProcessed = std::to_array<int>({
    NID_key_usage, NID_subject_alt_name, NID_basic_constraints, NID_name_constraints,
    NID_crl_distribution_points, NID_certificate_policies, NID_policy_mappings,
    NID_policy_constraints, NID_inhibit_any_policy, NID_ext_key_usage, NID_id_pkix_OCSP_noCheck,
    NID_qcStatements,  // RFC 3739, 3.2.6: may be critical.
});

// Decoded only where they are used; OpenSSL decodes the others with the certificate.
constexpr auto kDecodedLate = std::to_array<int>({NID_certificate_policies, NID_policy_mappings,
                                                  NID_policy_constraints, NID_inhibit_any_policy});

std::string Dotted(const ASN1_OBJECT* object) {
  std::array<char, 128> text{};
  const int size = OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
  if (size <= 0 || static_cast<std::size_t>(size) >= text.size()) return {};
  return {text.data(), static_cast<std::size_t>(size)};
}

// OpenSSL decodes extensions once and remembers them in the X509; X509_get_extension_flags
// makes it do so.
std::uint32_t Flags(const Certificate& certificate) {
  const std::uint32_t flags = X509_get_extension_flags(certificate.x509());
  ERR_clear_error();
  return flags;
}

bool Decodes(X509_EXTENSION* extension) {
  const X509V3_EXT_METHOD* method = X509V3_EXT_get(extension);
  void* value = method == nullptr ? nullptr : X509V3_EXT_d2i(extension);
  ERR_clear_error();
  if (value == nullptr) return false;
  ASN1_item_free(static_cast<ASN1_VALUE*>(value), ASN1_ITEM_ptr(method->it));
  return true;
}

}  // namespace

std::optional<std::uint32_t> KeyUsageOf(const Certificate& certificate) {
  if ((Flags(certificate) & EXFLAG_KUSAGE) == 0) return std::nullopt;
  return X509_get_key_usage(certificate.x509());
}

std::uint32_t KeyUsageMask(std::string_view name) {
  constexpr auto kBits = std::to_array<std::pair<std::string_view, std::uint32_t>>({
      {"digitalSignature", KU_DIGITAL_SIGNATURE},
      {"nonRepudiation", KU_NON_REPUDIATION},
      {"keyEncipherment", KU_KEY_ENCIPHERMENT},
      {"dataEncipherment", KU_DATA_ENCIPHERMENT},
      {"keyAgreement", KU_KEY_AGREEMENT},
      {"keyCertSign", KU_KEY_CERT_SIGN},
      {"crlSign", KU_CRL_SIGN},
      {"cRLSign", KU_CRL_SIGN},
      {"encipherOnly", KU_ENCIPHER_ONLY},
      {"decipherOnly", KU_DECIPHER_ONLY},
  });
  const auto* found = std::ranges::find(kBits, name, [](const auto& bit) { return bit.first; });
  return found == kBits.end() ? 0 : found->second;
}

std::vector<std::string> PoliciesOf(const Certificate& certificate) {
  std::vector<std::string> oids;
  const Policies policies{static_cast<CERTIFICATEPOLICIES*>(
      X509_get_ext_d2i(certificate.x509(), NID_certificate_policies, nullptr, nullptr))};
  ERR_clear_error();
  for (int i = 0; i < sk_POLICYINFO_num(policies.get()); ++i)
    oids.push_back(Dotted(sk_POLICYINFO_value(policies.get(), i)->policyid));
  return oids;
}

std::vector<std::string> ExtendedKeyUsagesOf(const Certificate& certificate) {
  std::vector<std::string> oids;
  const Purposes purposes{static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(certificate.x509(), NID_ext_key_usage, nullptr, nullptr))};
  ERR_clear_error();
  for (int i = 0; i < sk_ASN1_OBJECT_num(purposes.get()); ++i)
    oids.push_back(Dotted(sk_ASN1_OBJECT_value(purposes.get(), i)));
  return oids;
}

std::vector<std::string> SubjectAttributesOf(const Certificate& certificate) {
  std::vector<std::string> oids;
  const X509_NAME* name = X509_get_subject_name(certificate.x509());
  for (int i = 0; i < X509_NAME_entry_count(name); ++i)
    oids.push_back(Dotted(X509_NAME_ENTRY_get_object(X509_NAME_get_entry(name, i))));
  return oids;
}

bool HasExtendedKeyUsage(const Certificate& certificate, std::string_view oid) {
  const auto purposes = ExtendedKeyUsagesOf(certificate);
  return std::ranges::find(purposes, oid) != purposes.end();
}

bool IsOnlyForTimestamps(const Certificate& certificate) {
  const int at = X509_get_ext_by_NID(certificate.x509(), NID_ext_key_usage, -1);
  if (at < 0 || X509_EXTENSION_get_critical(X509_get_ext(certificate.x509(), at)) != 1)
    return false;
  const auto purposes = ExtendedKeyUsagesOf(certificate);
  return purposes.size() == 1 && purposes[0] == kTimeStamping;
}

BasicConstraints BasicConstraintsOf(const Certificate& certificate) {
  const std::uint32_t flags = Flags(certificate);
  BasicConstraints constraints;
  constraints.present = (flags & EXFLAG_BCONS) != 0;
  constraints.ca = (flags & EXFLAG_CA) != 0;
  const long length = X509_get_pathlen(certificate.x509());
  if (constraints.present && length >= 0) constraints.path_length = length;
  return constraints;
}

bool ExtensionsDecode(const Certificate& certificate) {
  if ((Flags(certificate) & EXFLAG_INVALID) != 0) return false;
  // RFC 5280, 4.2: "A certificate MUST NOT include more than one instance of a particular
  // extension."
  std::set<std::string> seen;
  for (int i = 0; i < X509_get_ext_count(certificate.x509()); ++i)
    if (!seen.insert(Dotted(X509_EXTENSION_get_object(X509_get_ext(certificate.x509(), i)))).second)
      return false;
  return std::ranges::all_of(kDecodedLate, [&](int nid) {
    const int at = X509_get_ext_by_NID(certificate.x509(), nid, -1);
    return at < 0 || Decodes(X509_get_ext(certificate.x509(), at));
  });
}

std::vector<std::string> UnknownCriticalExtensions(const Certificate& certificate) {
  std::vector<std::string> unknown;
  for (int i = 0; i < X509_get_ext_count(certificate.x509()); ++i) {
    X509_EXTENSION* extension = X509_get_ext(certificate.x509(), i);
    if (X509_EXTENSION_get_critical(extension) != 1) continue;
    const ASN1_OBJECT* object = X509_EXTENSION_get_object(extension);
    if (std::ranges::find(kProcessed, OBJ_obj2nid(object)) == kProcessed.end())
      unknown.push_back(Dotted(object));
  }
  return unknown;
}

std::optional<base::Bytes> SubjectKeyIdOf(const Certificate& certificate) {
  const ASN1_OCTET_STRING* id = X509_get0_subject_key_id(certificate.x509());
  ERR_clear_error();
  if (id == nullptr) return std::nullopt;
  const unsigned char* data = ASN1_STRING_get0_data(id);
  return base::Bytes(data, data + ASN1_STRING_length(id));
}

bool NamesKeyOf(const Certificate& certificate, const Certificate& issuer) {
  const ASN1_OCTET_STRING* wanted = X509_get0_authority_key_id(certificate.x509());
  const ASN1_OCTET_STRING* own = X509_get0_subject_key_id(issuer.x509());
  ERR_clear_error();
  return wanted != nullptr && own != nullptr && ASN1_OCTET_STRING_cmp(wanted, own) == 0;
}

bool IsIssuedInTheNameOf(const Certificate& certificate, const Certificate& issuer) {
  return X509_NAME_cmp(X509_get_issuer_name(certificate.x509()),
                       X509_get_subject_name(issuer.x509())) == 0;
}

bool IsSameEntity(const Certificate& a, const Certificate& b) {
  if (X509_NAME_cmp(X509_get_subject_name(a.x509()), X509_get_subject_name(b.x509())) != 0)
    return false;
  if (a.key() == nullptr || b.key() == nullptr) return false;
  const bool same = EVP_PKEY_eq(a.key(), b.key()) == 1;
  ERR_clear_error();
  return same;
}

}  // namespace signing
