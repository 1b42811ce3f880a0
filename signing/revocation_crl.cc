#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/c_handle.h"
#include "signing/certificate_extensions.h"
#include "signing/digest_algorithm.h"
#include "signing/openssl_handles.h"
#include "signing/revocation.h"

namespace signing {
namespace {

using Crl = base::CHandle<X509_CRL, X509_CRL_free>;
using DistributionPoint = base::CHandle<ISSUING_DIST_POINT, ISSUING_DIST_POINT_free>;
using Points = base::CHandle<CRL_DIST_POINTS, CRL_DIST_POINTS_free>;
using Integer = base::CHandle<ASN1_INTEGER, ASN1_INTEGER_free>;
using BigNumber = base::CHandle<BIGNUM, BN_free>;
using Enumerated = base::CHandle<ASN1_ENUMERATED, ASN1_ENUMERATED_free>;
using GeneralizedTime = base::CHandle<ASN1_GENERALIZEDTIME, ASN1_GENERALIZEDTIME_free>;

constexpr const char* kExpiredCertsOnCrl = "2.5.29.60";

void FreeText(char* text) {
  OPENSSL_free(text);
}

bool HasUnknownCritical(const X509_CRL* crl) {
  constexpr std::array kKnown = {NID_issuing_distribution_point, NID_crl_number,
                                 NID_authority_key_identifier};
  for (int i = 0; i < X509_CRL_get_ext_count(crl); ++i) {
    X509_EXTENSION* extension = X509_CRL_get_ext(crl, i);
    const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
    if (X509_EXTENSION_get_critical(extension) == 1 &&
        std::ranges::find(kKnown, nid) == kKnown.end())
      return true;
  }
  return false;
}

// RFC 5280, 5.3: "If a CRL contains a critical CRL entry extension that the application cannot
// process, then the application MUST NOT use that CRL to determine the status of any
// certificates." One by which an entry is another issuer's is such, critical or not.
bool HasUnknownEntries(X509_CRL* crl) {
  const STACK_OF(X509_REVOKED)* entries = X509_CRL_get_REVOKED(crl);
  for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
    const X509_REVOKED* entry = sk_X509_REVOKED_value(entries, i);
    for (int j = 0; j < X509_REVOKED_get_ext_count(entry); ++j) {
      X509_EXTENSION* extension = X509_REVOKED_get_ext(entry, j);
      const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
      if (nid == NID_crl_reason || nid == NID_invalidity_date) continue;
      if (nid == NID_certificate_issuer || X509_EXTENSION_get_critical(extension) == 1) return true;
    }
  }
  return false;
}

// Of which certificates the list speaks.
struct Scope {
  bool readable = true;
  bool supported = true;
  bool only_users = false;
  bool only_cas = false;
  std::shared_ptr<GENERAL_NAMES> points;  // Only of certificates that name one of these.
};

void FreeNames(GENERAL_NAMES* names) {
  GENERAL_NAMES_free(names);
}

// Each is compared with each, for each list and certificate: what no honest issuer needs is not
// looked at.
constexpr int kMaxNames = 32;
constexpr int kMaxPointOctets = 4096;

constexpr int kFullName = 0;  // Of DistributionPointName; 1 is relative to the issuer's name.

bool HaveOneInCommon(const GENERAL_NAMES* names, const GENERAL_NAMES* others) {
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i)
    for (int j = 0; j < sk_GENERAL_NAME_num(others); ++j)
      if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(names, i), sk_GENERAL_NAME_value(others, j)) == 0)
        return true;
  return false;
}

// RFC 5280, 6.3.3 (b) (2) (i): "verify that one of the names in the IDP matches one of the names
// in the DP". Else the list of another part of the issuer's certificates passes for theirs.
bool NamesOneOf(const Certificate& certificate, const GENERAL_NAMES* points) {
  const int at = X509_get_ext_by_NID(certificate.x509(), NID_crl_distribution_points, -1);
  if (at < 0 || ASN1_STRING_length(X509_EXTENSION_get_data(X509_get_ext(certificate.x509(), at))) >
                    kMaxPointOctets)
    return false;
  const Points own{static_cast<CRL_DIST_POINTS*>(
      X509_get_ext_d2i(certificate.x509(), NID_crl_distribution_points, nullptr, nullptr))};
  ERR_clear_error();
  int names = 0;
  for (int i = 0; i < sk_DIST_POINT_num(own.get()); ++i) {
    const DIST_POINT_NAME* name = sk_DIST_POINT_value(own.get(), i)->distpoint;
    if (name != nullptr && name->type == kFullName)
      names += sk_GENERAL_NAME_num(name->name.fullname);
    if (names > kMaxNames) return false;
    if (name != nullptr && name->type == kFullName && HaveOneInCommon(name->name.fullname, points))
      return true;
  }
  return false;
}

// RFC 5280, 5.2.5.
Scope ScopeOf(const X509_CRL* crl) {
  int critical = 0;
  const DistributionPoint point{static_cast<ISSUING_DIST_POINT*>(
      X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, &critical, nullptr))};
  ERR_clear_error();
  Scope scope;
  scope.readable = point || critical == -1;
  if (!point) return scope;
  DIST_POINT_NAME* name = point->distpoint;
  scope.supported =
      point->indirectCRL <= 0 && point->onlysomereasons == nullptr && point->onlyattr <= 0 &&
      (name == nullptr ||
       (name->type == kFullName && sk_GENERAL_NAME_num(name->name.fullname) <= kMaxNames));
  scope.only_users = point->onlyuser > 0;
  scope.only_cas = point->onlyCA > 0;
  if (name != nullptr && name->type == kFullName)
    scope.points = {std::exchange(name->name.fullname, nullptr), FreeNames};
  return scope;
}

std::optional<base::Time> ExpiredCertsOnCrl(const X509_CRL* crl) {
  const base::CHandle<ASN1_OBJECT, ASN1_OBJECT_free> oid{OBJ_txt2obj(kExpiredCertsOnCrl, 1)};
  const int at = X509_CRL_get_ext_by_OBJ(crl, oid.get(), -1);
  if (at < 0) return std::nullopt;
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(X509_CRL_get_ext(crl, at));
  const unsigned char* der = ASN1_STRING_get0_data(value);
  const GeneralizedTime time{d2i_ASN1_GENERALIZEDTIME(nullptr, &der, ASN1_STRING_length(value))};
  ERR_clear_error();
  return ToTime(time.get());
}

RevocationReason ReasonOf(const X509_REVOKED* revoked) {
  const Enumerated reason{static_cast<ASN1_ENUMERATED*>(
      X509_REVOKED_get_ext_d2i(revoked, NID_crl_reason, nullptr, nullptr))};
  ERR_clear_error();
  return reason ? static_cast<RevocationReason>(ASN1_ENUMERATED_get(reason.get()))
                : RevocationReason::kNone;
}

}  // namespace

struct RevocationList::Content {
  base::Bytes der;
  Crl crl;
  Scope scope;
  base::Time this_update{};
};

RevocationList::RevocationList(std::shared_ptr<const Content> content)
    : content_(std::move(content)) {}

base::Result<RevocationList> RevocationList::Parse(base::ByteSpan der) {
  const unsigned char* at = der.data();
  auto content = std::make_shared<Content>();
  content->crl = Crl{d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size()))};
  ERR_clear_error();
  X509_CRL* crl = content->crl.get();
  if (crl == nullptr || at != der.data() + der.size())
    return base::Error{base::ErrorCode::kInvalidInput, "crl.malformed", "no CertificateList"};
  if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0)
    return base::Error{base::ErrorCode::kInvalidInput, "crl.delta", "it is a delta CRL"};
  content->scope = ScopeOf(crl);
  const auto this_update = ToTime(X509_CRL_get0_lastUpdate(crl));
  if (!content->scope.readable || !this_update)
    return base::Error{base::ErrorCode::kInvalidInput, "crl.malformed", "a field is unreadable"};
  if (!content->scope.supported || HasUnknownCritical(crl) || HasUnknownEntries(crl))
    return base::Error{
        base::ErrorCode::kInvalidInput, "crl.unsupported",
        "indirect, partitioned by reason, or a critical extension that we do not know"};
  content->this_update = *this_update;
  content->der.assign(der.begin(), der.end());
  return RevocationList(std::move(content));
}

const base::Bytes& RevocationList::der() const {
  return content_->der;
}

std::string RevocationList::IssuerText() const {
  return NameText(X509_CRL_get_issuer(content_->crl.get()));
}

base::Time RevocationList::this_update() const {
  return content_->this_update;
}

std::optional<base::Time> RevocationList::next_update() const {
  return ToTime(X509_CRL_get0_nextUpdate(content_->crl.get()));
}

std::optional<std::string> RevocationList::Number() const {
  const Integer number{static_cast<ASN1_INTEGER*>(
      X509_CRL_get_ext_d2i(content_->crl.get(), NID_crl_number, nullptr, nullptr))};
  ERR_clear_error();
  const BigNumber value{number ? ASN1_INTEGER_to_BN(number.get(), nullptr) : nullptr};
  const base::CHandle<char, FreeText> text{value ? BN_bn2dec(value.get()) : nullptr};
  if (!text) return std::nullopt;
  return text.get();
}

std::string RevocationList::SignatureDigest() const {
  int digest = NID_undef;
  OBJ_find_sigid_algs(X509_CRL_get_signature_nid(content_->crl.get()), &digest, nullptr);
  const DigestAlgorithm* known = FindDigestByNid(digest);
  return known == nullptr ? std::string() : std::string(known->name);
}

bool RevocationList::IsSignedBy(const Certificate& issuer) const {
  X509_CRL* crl = content_->crl.get();
  if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer.x509())) != 0)
    return false;
  const auto usage = KeyUsageOf(issuer);
  if (usage && (*usage & KU_CRL_SIGN) == 0) return false;
  const bool fits = issuer.key() != nullptr && X509_CRL_verify(crl, issuer.key()) == 1;
  ERR_clear_error();
  return fits;
}

std::optional<RevocationEntry> RevocationList::About(const Certificate& certificate) const {
  X509_CRL* crl = content_->crl.get();
  if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(certificate.x509())) != 0)
    return std::nullopt;
  const bool is_ca = BasicConstraintsOf(certificate).ca;
  if ((content_->scope.only_users && is_ca) || (content_->scope.only_cas && !is_ca))
    return std::nullopt;
  if (content_->scope.points && !NamesOneOf(certificate, content_->scope.points.get()))
    return std::nullopt;
  RevocationEntry entry;
  entry.state = RevocationState::kGood;
  entry.this_update = content_->this_update;
  entry.produced_at = content_->this_update;
  entry.next_update = next_update();
  entry.archive_cutoff = ExpiredCertsOnCrl(crl);
  X509_REVOKED* revoked = nullptr;
  // Sorts once, then searches by halves.
  constexpr int kAbsent = 0;
  constexpr int kRemoved = 2;  // "removeFromCRL", which only a delta CRL may say (5.3.1).
  const int found =
      X509_CRL_get0_by_serial(crl, &revoked, X509_get0_serialNumber(certificate.x509()));
  if (found == kAbsent) return entry;
  if (found == kRemoved) {
    entry.state = RevocationState::kUnknown;
    return entry;
  }
  entry.state = RevocationState::kRevoked;
  entry.revoked_at = ToTime(X509_REVOKED_get0_revocationDate(revoked));
  entry.reason = ReasonOf(revoked);
  return entry;
}

}  // namespace signing
