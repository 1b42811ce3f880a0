#include "signing/facts_certificate.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <array>

#include "signing/certificate_extensions.h"
#include "signing/revocation.h"

namespace signing {
namespace {

constexpr std::array<std::string_view, 9> kUsages{
    "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
    "keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly"};
constexpr std::string_view kMalformed = "malformed";

std::string Dotted(const ASN1_OBJECT* object) {
  std::array<char, 128> text{};
  const int size = OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
  return size > 0 ? std::string(text.data()) : std::string();
}

void ReadExtensions(const Certificate& certificate, facts::Certificate& fact) {
  for (int i = 0; i < X509_get_ext_count(certificate.x509()); ++i) {
    X509_EXTENSION* extension = X509_get_ext(certificate.x509(), i);
    const std::string oid = Dotted(X509_EXTENSION_get_object(extension));
    fact.extensions.insert(oid);
    if (X509_EXTENSION_get_critical(extension) == 1) fact.critical_extensions.insert(oid);
  }
  // What does not decode may hide anything: it counts as critical and unknown.
  if (!certificate.HasSoundExtensions()) fact.critical_extensions.emplace(kMalformed);
}

bool InForce(const TrustStatus& status, base::Time at) {
  return status.understood && (IsApproved(status, at) || IsNational(status));
}

}  // namespace

facts::Id IdOfCertificate(const Certificate& certificate) {
  return "C-" + base::HexEncode(certificate.Sha256().span());
}

std::string KeyName(const std::string& openssl_name) {
  if (openssl_name == "EC") return "ECDSA";
  if (openssl_name.starts_with("ED")) return "EDDSA";
  return openssl_name;
}

facts::Seal SealOfLink(const PathLink& link) {
  facts::Seal seal;
  seal.algorithm = {KeyName(link.key_type), static_cast<std::size_t>(std::max(link.key_bits, 0)),
                    link.digest};
  // The builder follows only links whose signature it has checked.
  seal.intact = true;
  return seal;
}

facts::Certificate DescribeCertificate(const Certificate& certificate) {
  facts::Certificate fact;
  fact.id = IdOfCertificate(certificate);
  fact.subject = certificate.SubjectText();
  fact.serial = certificate.SerialDecimal();
  fact.issuer_name = certificate.IssuerText();
  // A date that does not decode leaves an empty period: never valid.
  fact.not_before = certificate.NotBefore().value_or(base::Time::max());
  fact.not_after = certificate.NotAfter().value_or(base::Time::min());
  fact.self_signed = certificate.SubjectText() == certificate.IssuerText();
  if (const auto usage = KeyUsageOf(certificate))
    for (const std::string_view name : kUsages)
      if ((*usage & KeyUsageMask(name)) != 0) fact.key_usages.emplace(name);
  for (std::string& oid : ExtendedKeyUsagesOf(certificate))
    fact.extended_key_usages.insert(std::move(oid));
  const BasicConstraints basic = BasicConstraintsOf(certificate);
  if (basic.present) fact.is_authority = basic.ca;
  if (basic.path_length) fact.path_length = static_cast<int>(std::min(*basic.path_length, 100L));
  fact.no_check = HasOcspNoCheck(certificate);
  ReadExtensions(certificate, fact);
  return fact;
}

std::optional<TrustedPeriod> TrustedPeriodOf(const TrustService& service, base::Time time) {
  const auto& history = service.history;  // Newest first.
  std::size_t i = 0;
  while (i < history.size() && history[i].from > time) ++i;
  if (i == history.size() || !InForce(history[i], time)) return std::nullopt;
  TrustedPeriod period{history[i].from, std::nullopt};
  for (std::size_t older = i + 1; older < history.size(); ++older) {
    if (!InForce(history[older], history[older].from)) break;
    period.from = history[older].from;
  }
  while (i-- > 0) {
    if (InForce(history[i], history[i].from)) continue;
    period.until = history[i].from - std::chrono::seconds{1};
    break;
  }
  return period;
}

}  // namespace signing
