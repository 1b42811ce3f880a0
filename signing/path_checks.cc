#include "signing/path_checks.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "base/c_handle.h"
#include "signing/certificate_extensions.h"
#include "signing/digest_algorithm.h"

namespace signing {
namespace {

using NameConstraints = base::CHandle<NAME_CONSTRAINTS, NAME_CONSTRAINTS_free>;

struct SubIndicationRow {
  PathProblemKind kind;
  std::string_view name;
};

constexpr auto kSubIndications = std::to_array<SubIndicationRow>({
    {PathProblemKind::kNoAnchor, "NO_CERTIFICATE_CHAIN_FOUND"},
    {PathProblemKind::kSearchGivenUp, "NO_CERTIFICATE_CHAIN_FOUND"},
    {PathProblemKind::kServiceNotApproved, "NO_CERTIFICATE_CHAIN_FOUND"},
    {PathProblemKind::kNotYetValid, "OUT_OF_BOUNDS_NO_POE"},
    {PathProblemKind::kExpired, "OUT_OF_BOUNDS_NO_POE"},
    {PathProblemKind::kNotACa, "CHAIN_CONSTRAINTS_FAILURE"},
    {PathProblemKind::kPathLength, "CHAIN_CONSTRAINTS_FAILURE"},
    {PathProblemKind::kKeyUsage, "CHAIN_CONSTRAINTS_FAILURE"},
    {PathProblemKind::kNameConstraints, "CHAIN_CONSTRAINTS_FAILURE"},
    {PathProblemKind::kUnknownCritical, "CHAIN_CONSTRAINTS_FAILURE"},
    {PathProblemKind::kMalformedExtension, "CERTIFICATE_CHAIN_GENERAL_FAILURE"},
});

bool IsSelfIssued(const Certificate& certificate) {
  return IsIssuedInTheNameOf(certificate, certificate);
}

void Report(CertificatePath& path, PathProblemKind kind, std::size_t position,
            std::string detail = {}) {
  path.problems.push_back({kind, position, std::move(detail)});
}

void CheckValidity(base::Time time, std::size_t position, CertificatePath& path) {
  const Certificate& certificate = path.certificates[position];
  const auto from = certificate.NotBefore();
  const auto to = certificate.NotAfter();
  // RFC 5280, 4.1.2.5: from notBefore through notAfter, inclusive. Unreadable dates are none.
  if (!from || time < *from)
    Report(path, PathProblemKind::kNotYetValid, position, from ? base::FormatTime(*from) : "");
  if (!to || time > *to)
    Report(path, PathProblemKind::kExpired, position, to ? base::FormatTime(*to) : "");
}

void CheckExtensions(std::size_t position, CertificatePath& path) {
  const Certificate& certificate = path.certificates[position];
  if (!certificate.HasSoundExtensions())
    Report(path, PathProblemKind::kMalformedExtension, position);
  for (std::string& oid : UnknownCriticalExtensions(certificate))
    Report(path, PathProblemKind::kUnknownCritical, position, std::move(oid));
}

// Version 1 roots have no extensions; whoever handed one in has said that it is a CA.
bool IsOldRoot(const Certificate& certificate) {
  return X509_get_version(certificate.x509()) == X509_VERSION_1 && IsSelfIssued(certificate);
}

void FreeStack(STACK_OF(X509) * certificates) {
  sk_X509_free(certificates);
}
void FreeOids(STACK_OF(ASN1_OBJECT) * oids) {
  sk_ASN1_OBJECT_free(oids);
}

// RFC 5280, 6.1.3 (d) to (f) and 6.1.5: the policy tree, any policy being acceptable to us. What
// the path asks for by requireExplicitPolicy must be there.
void CheckPolicies(CertificatePath& path) {
  const base::CHandle<STACK_OF(X509), FreeStack> certificates{sk_X509_new_null()};
  for (const Certificate& certificate : path.certificates)
    if (!certificates || sk_X509_push(certificates.get(), certificate.x509()) <= 0)
      return Report(path, PathProblemKind::kMalformedExtension, 0);
  const base::CHandle<STACK_OF(ASN1_OBJECT), FreeOids> any{sk_ASN1_OBJECT_new_null()};
  if (!any || sk_ASN1_OBJECT_push(any.get(), OBJ_nid2obj(NID_any_policy)) <= 0)
    return Report(path, PathProblemKind::kMalformedExtension, 0);
  X509_POLICY_TREE* tree = nullptr;
  int is_explicit = 0;
  const int outcome = X509_policy_check(&tree, &is_explicit, certificates.get(), any.get(), 0);
  X509_policy_tree_free(tree);
  ERR_clear_error();
  if (outcome != X509_PCY_TREE_VALID)
    Report(path, PathProblemKind::kUnknownCritical, 0, "policy constraints");
}

void CheckIssuer(std::size_t position, CertificatePath& path) {
  const Certificate& issuer = path.certificates[position];
  const bool is_anchor = path.HasAnchor() && position + 1 == path.certificates.size();
  const BasicConstraints constraints = BasicConstraintsOf(issuer);
  if (!constraints.ca && !(is_anchor && IsOldRoot(issuer)))
    Report(path, PathProblemKind::kNotACa, position);
  const auto usage = KeyUsageOf(issuer);
  if (usage && (*usage & KU_KEY_CERT_SIGN) == 0) Report(path, PathProblemKind::kKeyUsage, position);
  // RFC 5280, 4.2.1.9: "the maximum number of non-self-issued intermediate certificates that
  // may follow this certificate in a valid certification path".
  long below = 0;
  for (std::size_t i = 1; i < position; ++i) below += IsSelfIssued(path.certificates[i]) ? 0 : 1;
  if (constraints.path_length && below > *constraints.path_length)
    Report(path, PathProblemKind::kPathLength, position);
}

// Octets of the extension; 0 when it is absent.
std::size_t SizeOfExtension(const Certificate& certificate, int nid) {
  const int at = X509_get_ext_by_NID(certificate.x509(), nid, -1);
  if (at < 0) return 0;
  return static_cast<std::size_t>(
      ASN1_STRING_length(X509_EXTENSION_get_data(X509_get_ext(certificate.x509(), at))));
}

// Each name is compared with each constraint, and so for each pair of certificates in a path: what
// no honest CA needs is not looked at.
constexpr std::size_t kMaxConstraintOctets = std::size_t{8} * 1024;
constexpr std::size_t kMaxComparisons = 8192;

bool AreTooMany(const NAME_CONSTRAINTS& constraints, const Certificate& certificate) {
  constexpr std::size_t kShortestName = 2;
  const auto count =
      static_cast<std::size_t>(std::max(sk_GENERAL_SUBTREE_num(constraints.permittedSubtrees), 0) +
                               std::max(sk_GENERAL_SUBTREE_num(constraints.excludedSubtrees), 0));
  const std::size_t names =
      SizeOfExtension(certificate, NID_subject_alt_name) / kShortestName +
      static_cast<std::size_t>(X509_NAME_entry_count(X509_get_subject_name(certificate.x509())));
  return count * names > kMaxComparisons;
}

// RFC 5280, 4.2.1.10: on every certificate below, but not on self-issued ones other than the
// leaf.
void CheckNameConstraints(std::size_t position, CertificatePath& path) {
  const Certificate& issuer = path.certificates[position];
  if (SizeOfExtension(issuer, NID_name_constraints) > kMaxConstraintOctets)
    return Report(path, PathProblemKind::kMalformedExtension, position);
  int critical = 0;
  const NameConstraints constraints{static_cast<NAME_CONSTRAINTS*>(
      X509_get_ext_d2i(issuer.x509(), NID_name_constraints, &critical, nullptr))};
  ERR_clear_error();
  // -1: absent. Anything else without a value could not be decoded, or occurs twice.
  if (!constraints && critical != -1)
    return Report(path, PathProblemKind::kMalformedExtension, position);
  if (!constraints) return;
  for (std::size_t i = 0; i < position; ++i) {
    const Certificate& below = path.certificates[i];
    if (i != 0 && IsSelfIssued(below)) continue;
    if (AreTooMany(*constraints, below)) {
      Report(path, PathProblemKind::kNameConstraints, i, "too many names");
      continue;
    }
    const int outcome = NAME_CONSTRAINTS_check(below.x509(), constraints.get());
    ERR_clear_error();
    if (outcome != X509_V_OK)
      Report(path, PathProblemKind::kNameConstraints, i, X509_verify_cert_error_string(outcome));
  }
}

std::string KeyType(EVP_PKEY* key) {
  const char* name = key == nullptr ? nullptr : EVP_PKEY_get0_type_name(key);
  return name == nullptr ? "" : name;
}

}  // namespace

std::string_view PathProblem::SubIndication() const {
  const auto* row = std::ranges::find(kSubIndications, kind, &SubIndicationRow::kind);
  return row == kSubIndications.end() ? "CERTIFICATE_CHAIN_GENERAL_FAILURE" : row->name;
}

void CheckPath(base::Time time, CertificatePath& path) {
  for (std::size_t i = 0; i < path.certificates.size(); ++i) {
    // A trust anchor is a name and a key (RFC 5280, 6.1.1); its certificate's dates do not bind,
    // but those of a leaf always do.
    const bool is_anchor = path.HasAnchor() && i + 1 == path.certificates.size();
    if (!is_anchor || i == 0) CheckValidity(time, i, path);
    CheckExtensions(i, path);
    if (i == 0) continue;
    CheckIssuer(i, path);
    CheckNameConstraints(i, path);
  }
  if (path.HasAnchor() && path.certificates.size() > 1) CheckPolicies(path);
}

bool MayBeCa(const Certificate& certificate) {
  const auto usage = KeyUsageOf(certificate);
  if (usage && (*usage & KU_KEY_CERT_SIGN) == 0) return false;
  return BasicConstraintsOf(certificate).ca || IsOldRoot(certificate);
}

PathLink LinkOf(const Certificate& certificate, const Certificate* issuer) {
  PathLink link;
  int digest = NID_undef;
  X509_get_signature_info(certificate.x509(), &digest, nullptr, nullptr, nullptr);
  const DigestAlgorithm* known = FindDigestByNid(digest);
  if (known != nullptr)
    link.digest = known->name;
  else if (digest != NID_undef)
    link.digest = OBJ_nid2sn(digest);
  EVP_PKEY* issuer_key = issuer == nullptr ? nullptr : issuer->key();
  link.key_type = KeyType(issuer_key);
  link.key_bits = issuer_key == nullptr ? 0 : EVP_PKEY_get_bits(issuer_key);
  link.leaf_key_type = KeyType(certificate.key());
  link.leaf_key_bits = certificate.key() == nullptr ? 0 : EVP_PKEY_get_bits(certificate.key());
  ERR_clear_error();
  return link;
}

}  // namespace signing
