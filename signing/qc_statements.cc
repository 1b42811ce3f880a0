#include "signing/qc_statements.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "signing/certificate_extensions.h"
#include "signing/der_reader.h"

namespace signing {
namespace {

// Contents of the object identifiers 0.4.0.1862.1.n; types are 0.4.0.1862.1.6.n.
constexpr std::array<std::uint8_t, 5> kEtsi = {0x04, 0x00, 0x8E, 0x46, 0x01};
constexpr std::uint8_t kCompliance = 1;
constexpr std::uint8_t kSscd = 4;
constexpr std::uint8_t kType = 6;
constexpr std::uint8_t kLegislation = 7;

constexpr std::string_view kQcpPublic = "0.4.0.1456.1.2";
constexpr std::string_view kQcpPublicWithSscd = "0.4.0.1456.1.1";

// The number behind `arcs` identifiers of the ETSI arc; zero for any other identifier.
std::uint8_t Number(base::ByteSpan oid, std::size_t arcs) {
  if (oid.size() != kEtsi.size() + arcs || !std::equal(kEtsi.begin(), kEtsi.end(), oid.begin()))
    return 0;
  if (arcs == 2 && oid[kEtsi.size()] != kType) return 0;
  return oid.back();
}

// QcType ::= SEQUENCE OF OBJECT IDENTIFIER
bool ReadTypes(DerReader& statement, QcStatements& found) {
  const auto types = statement.Take(kDerSequence);
  if (!types) return false;
  found.typed = true;
  DerReader reader(*types);
  while (!reader.empty()) {
    const auto oid = reader.Take(kDerObject);
    if (!oid) return false;
    switch (Number(*oid, 2)) {
      case 1: found.type_esig = true; break;
      case 2: found.type_eseal = true; break;
      case 3: found.type_web = true; break;
      default: break;
    }
  }
  return true;
}

bool ReadStatement(base::ByteSpan content, QcStatements& found) {
  DerReader statement(content);
  const auto oid = statement.Take(kDerObject);
  if (!oid) return false;
  switch (Number(*oid, 1)) {
    case kCompliance: found.compliance = true; return true;
    case kSscd: found.qscd = true; return true;
    case kType: return ReadTypes(statement, found);
    // Its countries are outside the Union: EN 319 412-5, 4.2.4 has it absent for the Union's law.
    case kLegislation: found.other_country = true; return true;
    default: return true;
  }
}

bool ReadExtension(base::ByteSpan der, QcStatements& found) {
  DerReader outer(der);
  const auto list = outer.Take(kDerSequence);
  if (!list || !outer.empty()) return false;
  DerReader statements(*list);
  while (!statements.empty()) {
    const auto content = statements.Take(kDerSequence);
    if (!content || !ReadStatement(*content, found)) return false;
  }
  return true;
}

}  // namespace

QcStatements ReadQcStatements(const Certificate& certificate) {
  QcStatements found;
  const int at = X509_get_ext_by_NID(certificate.x509(), NID_qcStatements, -1);
  if (at >= 0) {
    const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(X509_get_ext(certificate.x509(), at));
    const base::ByteSpan der{ASN1_STRING_get0_data(value),
                             static_cast<std::size_t>(ASN1_STRING_length(value))};
    // RFC 5280, 4.2: an extension must not occur twice.
    const bool once = X509_get_ext_by_NID(certificate.x509(), NID_qcStatements, at) < 0;
    if (!once || !ReadExtension(der, found)) found = {.readable = false};
  }
  const auto policies = PoliciesOf(certificate);
  const auto has = [&](std::string_view oid) {
    return std::ranges::find(policies, oid) != policies.end();
  };
  found.policy_qcp_plus = has(kQcpPublicWithSscd);
  found.policy_qcp = found.policy_qcp_plus || has(kQcpPublic);
  return found;
}

}  // namespace signing
