#include "emulator/certificate_builder.h"

#include <openssl/conf.h>

#include <array>

#include "base/random.h"

namespace emulator {
namespace {

using Name = base::CHandle<X509_NAME, X509_NAME_free>;
using ExtensionHandle = base::CHandle<X509_EXTENSION, X509_EXTENSION_free>;
using Configuration = base::CHandle<CONF, NCONF_free>;
using OctetString = base::CHandle<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;

// ETSI EN 319 412-5, 4.2 and 4.3: QcCompliance, QcSSCD, QcType with eseal.
constexpr auto kQcStatements = std::to_array<std::uint8_t>({
    0x30, 0x29,                                                  //
    0x30, 0x08, 0x06, 0x06, 0x04, 0x00, 0x8e, 0x46, 0x01, 0x01,  // 0.4.0.1862.1.1
    0x30, 0x08, 0x06, 0x06, 0x04, 0x00, 0x8e, 0x46, 0x01, 0x04,  // 0.4.0.1862.1.4
    0x30, 0x13, 0x06, 0x06, 0x04, 0x00, 0x8e, 0x46, 0x01, 0x06,  // 0.4.0.1862.1.6
    0x30, 0x09, 0x06, 0x07, 0x04, 0x00, 0x8e, 0x46, 0x01, 0x06, 0x02,
});

bool SetRandomSerial(X509* certificate) {
  base::Bytes random = base::RandomBytes(16);
  random[0] = static_cast<std::uint8_t>((random[0] & 0x7f) | 0x40);  // Positive, never zero.
  const Bignum number{BN_bin2bn(random.data(), static_cast<int>(random.size()), nullptr)};
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool AddQcStatements(X509* certificate) {
  const OctetString value{ASN1_OCTET_STRING_new()};
  if (!value || ASN1_OCTET_STRING_set(value.get(), kQcStatements.data(), kQcStatements.size()) != 1)
    return false;
  const ExtensionHandle extension{
      X509_EXTENSION_create_by_NID(nullptr, NID_qcStatements, 0, value.get())};
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool AddExtensions(X509* certificate, X509* issuer, const std::vector<Extension>& extensions) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  // Policies are read only where there is a configuration, were it an empty one.
  const Configuration empty{NCONF_new(nullptr)};
  X509V3_set_nconf(&context, empty.get());
  return std::ranges::all_of(extensions, [&](const Extension& wanted) {
    const ExtensionHandle extension{
        X509V3_EXT_conf_nid(nullptr, &context, wanted.nid, wanted.value.c_str())};
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
  });
}

bool AddNamePart(X509_NAME* name, int nid, std::string_view text) {
  const base::ByteSpan bytes = base::AsBytes(text);
  return X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, bytes.data(),
                                    static_cast<int>(bytes.size()), -1, 0) == 1;
}

}  // namespace

Asn1Time ToAsn1(base::Time time) {
  return Asn1Time(ASN1_TIME_set(nullptr, time.time_since_epoch().count()));
}

Name TestName(std::string_view common_name) {
  Name name{X509_NAME_new()};
  const bool built = name && AddNamePart(name.get(), NID_countryName, "LV") &&
                     AddNamePart(name.get(), NID_organizationName, "edocvault TEST") &&
                     AddNamePart(name.get(), NID_commonName, common_name);
  return built ? std::move(name) : nullptr;
}

std::string SerialText(const ASN1_INTEGER* serial) {
  const Bignum number{ASN1_INTEGER_to_BN(serial, nullptr)};
  if (!number) return {};
  base::Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number.get())));
  BN_bn2bin(number.get(), bytes.data());
  return base::HexEncode(bytes);
}

Certificate Build(const CertificatePlan& plan, const IssuerKey& issuer) {
  Certificate certificate{X509_new()};
  X509* const x = certificate.get();
  X509* const issuer_certificate = issuer.certificate == nullptr ? x : issuer.certificate;
  const Asn1Time from = ToAsn1(plan.not_before);
  const Asn1Time to = ToAsn1(plan.not_after);
  const bool built =
      x != nullptr && from && to && X509_set_version(x, X509_VERSION_3) == 1 &&
      SetRandomSerial(x) && X509_set1_notBefore(x, from.get()) == 1 &&
      X509_set1_notAfter(x, to.get()) == 1 && X509_set_subject_name(x, plan.subject) == 1 &&
      X509_set_pubkey(x, plan.key) == 1 &&
      X509_set_issuer_name(x, X509_get_subject_name(issuer_certificate)) == 1 &&
      AddExtensions(x, issuer_certificate, plan.extensions) &&
      (!plan.is_qualified_seal || AddQcStatements(x)) && X509_sign(x, issuer.key, EVP_sha256()) > 0;
  return built ? std::move(certificate) : nullptr;
}

}  // namespace emulator
