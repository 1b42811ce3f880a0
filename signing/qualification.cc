#include "signing/qualification.h"

#include <algorithm>
#include <array>

#include "signing/qc_statements.h"
#include "signing/trust_criteria.h"

namespace signing {
namespace {

constexpr std::string_view kInfo = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/";
constexpr std::string_view kOldInfo =
    "http://uri.etsi.org/TrstSvc/eSigDir-1999-93-EC-TrustedList/SvcInfoExt/";

// The word behind either form of the qualifiers' URIs; empty for others.
std::string_view WordOf(std::string_view uri) {
  for (const std::string_view prefix : {kInfo, kOldInfo})
    if (uri.starts_with(prefix)) return uri.substr(prefix.size());
  return {};
}

// Qualifiers that say nothing beside the certificate, or that are asked for below.
constexpr auto kQualifiers = std::to_array<std::string_view>({
    "QCStatement",
    "NotQualified",
    "QCWithSSCD",
    "QCNoSSCD",
    "QCSSCDStatusAsInCert",
    "QCWithQSCD",
    "QCNoQSCD",
    "QCQSCDStatusAsInCert",
    "QCQSCDManagedOnBehalf",
    "QCForLegalPerson",
    "QCForESig",
    "QCForESeal",
    "QCForWSA",
});

// What the list says of this certificate by its qualifiers.
struct Overrides {
  bool unsure = false;  // A qualifier, or what it hangs on, is none that we know.
  std::vector<std::string_view> words;

  bool Has(std::string_view word) const { return std::ranges::find(words, word) != words.end(); }
};

Overrides OverridesOf(const TrustStatus& status, const Certificate& certificate) {
  Overrides overrides;
  for (const TrustQualifier& qualifier : status.qualifiers) {
    const auto fits = Fits(qualifier.criteria, certificate);
    overrides.unsure = overrides.unsure || !fits.has_value();
    if (!fits.value_or(false)) continue;
    for (const std::string& uri : qualifier.uris) {
      overrides.words.push_back(WordOf(uri));
      const bool known = std::ranges::find(kQualifiers, WordOf(uri)) != kQualifiers.end();
      overrides.unsure = overrides.unsure || (qualifier.critical && !known);
    }
  }
  return overrides;
}

Answer AnswerOf(bool yes, bool no, bool stated) {
  // TS 119 615: a list that says both says nothing that can be relied upon.
  if (yes && no) return Answer::kUnknown;
  if (yes) return Answer::kYes;
  if (no) return Answer::kNo;
  return stated ? Answer::kYes : Answer::kNo;
}

// TS 119 615, 4.4.4: PRO-4.4.4-xx, the list's word before the certificate's.
Answer IsQualified(const QcStatements& statements, const Overrides& overrides, bool before_eidas) {
  const bool stated = (statements.compliance && !statements.other_country) ||
                      (before_eidas && statements.policy_qcp);
  return AnswerOf(overrides.Has("QCStatement"), overrides.Has("NotQualified"), stated);
}

Answer IsInQscd(const QcStatements& statements, const Overrides& overrides, bool before_eidas) {
  const bool with = overrides.Has("QCWithQSCD") || overrides.Has("QCWithSSCD") ||
                    overrides.Has("QCQSCDManagedOnBehalf");
  const bool without = overrides.Has("QCNoQSCD") || overrides.Has("QCNoSSCD");
  const bool stated = statements.qscd || (before_eidas && statements.policy_qcp_plus);
  // "As the certificate says" beside a word of the list's own: the list contradicts itself.
  const bool as_stated =
      overrides.Has("QCQSCDStatusAsInCert") || overrides.Has("QCSSCDStatusAsInCert");
  if (as_stated && (with || without)) return Answer::kUnknown;
  return AnswerOf(with, without, stated);
}

bool IsBeforeEidas(const Certificate& certificate) {
  return certificate.NotBefore().value_or(EidasStart()) < EidasStart();
}

CertificateUse OnlyOne(bool esig, bool eseal, bool web) {
  if (esig && !eseal && !web) return CertificateUse::kEsig;
  if (eseal && !esig && !web) return CertificateUse::kEseal;
  if (web && !esig && !eseal) return CertificateUse::kWeb;
  return CertificateUse::kUnknown;
}

// The certificate's own word.
CertificateUse UseIn(const QcStatements& statements, bool before_eidas) {
  // A type of somebody's own says that it is for something else.
  if (statements.typed)
    return OnlyOne(statements.type_esig, statements.type_eseal, statements.type_web);
  // EN 319 412-5, 4.2.3: a qualified certificate that names no type is for signatures.
  const bool qualified = statements.compliance || (before_eidas && statements.policy_qcp);
  return qualified ? CertificateUse::kEsig : CertificateUse::kUnknown;
}

CertificateUse UseOf(const QcStatements& statements, const Overrides& overrides,
                     bool before_eidas) {
  const bool esig = overrides.Has("QCForESig");
  const bool eseal = overrides.Has("QCForESeal") || overrides.Has("QCForLegalPerson");
  const bool web = overrides.Has("QCForWSA");
  if (esig || eseal || web) return OnlyOne(esig, eseal, web);
  return UseIn(statements, before_eidas);
}

// Since eIDAS a CA/QC service says what its certificates are for; one that says so for others
// only does not vouch for these (TS 119 612, 5.5.9.4).
bool ServiceIsFor(const TrustStatus& status, CertificateUse use, bool before_eidas) {
  if (before_eidas) return true;
  const auto says = [&](std::string_view word) {
    return std::ranges::any_of(status.additional,
                               [&](const std::string& uri) { return WordOf(uri) == word; });
  };
  const bool esig = says("ForeSignatures");
  const bool eseal = says("ForeSeals");
  const bool web = says("ForWebSiteAuthentication");
  if (!esig && !eseal && !web) return true;
  switch (use) {
    case CertificateUse::kEsig: return esig;
    case CertificateUse::kEseal: return eseal;
    case CertificateUse::kWeb: return web;
    case CertificateUse::kUnknown: return true;
  }
  return false;
}

CertificateQualification ByService(const Certificate& certificate, const TrustService& service,
                                   base::Time at) {
  CertificateQualification result;
  const TrustStatus* status = service.At(at, trust_uri::kCaQc);
  if (status == nullptr) return result;
  result.service = &service;
  result.status = status;
  if (!IsApproved(*status, at)) {
    result.notes.emplace_back("service-not-granted");
    return result;
  }
  const QcStatements statements = ReadQcStatements(certificate);
  const Overrides overrides = OverridesOf(*status, certificate);
  // What the certificate itself claims counts by the law at its issuance.
  const bool old_certificate = IsBeforeEidas(certificate);
  if (!statements.readable) result.notes.emplace_back("qc-statements-unreadable");
  result.qualified = IsQualified(statements, overrides, old_certificate);
  result.qscd = IsInQscd(statements, overrides, old_certificate);
  result.use = UseOf(statements, overrides, old_certificate);
  if (overrides.unsure) {
    result.notes.emplace_back("qualifier-not-understood");
    result.qualified = Answer::kUnknown;
    result.qscd = Answer::kUnknown;
  }
  if (!ServiceIsFor(*status, result.use, at < EidasStart())) {
    result.notes.emplace_back("service-for-other-use");
    result.qualified = Answer::kNo;
  }
  if (result.qualified != Answer::kYes) result.use = CertificateUse::kUnknown;
  if (result.qualified == Answer::kNo) result.qscd = Answer::kNo;
  return result;
}

int RankOf(const CertificateQualification& result) {
  if (result.qualified == Answer::kYes) return 3;
  if (result.qualified == Answer::kUnknown) return 2;
  return result.service != nullptr ? 1 : 0;
}

// Two granted services of the same CA that say different things of one certificate make the
// answer unknown; otherwise the better one stands (TS 119 615, 4.4.4).
void Merge(CertificateQualification other, CertificateQualification& best) {
  if (RankOf(other) == 3 && RankOf(best) == 3) {
    if (other.use != best.use) best.use = CertificateUse::kUnknown;
    if (other.qscd != best.qscd) best.qscd = Answer::kUnknown;
    if (other.use != best.use || other.qscd != best.qscd)
      best.notes.emplace_back("services-disagree");
    return;
  }
  if (RankOf(other) > RankOf(best)) best = std::move(other);
}

constexpr std::size_t kUses = 4;

std::size_t Column(CertificateUse use) {
  if (use == CertificateUse::kEsig) return 0;
  if (use == CertificateUse::kEseal) return 1;
  return use == CertificateUse::kWeb ? 2 : 3;
}

enum class Level { kQcQscd, kQc, kNone };

using enum SignatureQualification;

// Passed first, then indeterminate: row by level, column by use. What a web site's certificate
// signed is no signature and no seal of Regulation (EU) 910/2014.
constexpr std::array<std::array<SignatureQualification, kUses>, 3> kPassed = {{
    {kQesig, kQeseal, kNotAdes, kUnknownQcQscd},
    {kAdesigQc, kAdesealQc, kNotAdes, kUnknownQc},
    {kAdesig, kAdeseal, kNotAdes, kUnknown},
}};
constexpr std::array<std::array<SignatureQualification, kUses>, 3> kIndeterminate = {{
    {kIndeterminateQesig, kIndeterminateQeseal, kIndeterminateUnknownQcQscd,
     kIndeterminateUnknownQcQscd},
    {kIndeterminateAdesigQc, kIndeterminateAdesealQc, kIndeterminateUnknownQc,
     kIndeterminateUnknownQc},
    {kIndeterminateAdesig, kIndeterminateAdeseal, kIndeterminateUnknown, kIndeterminateUnknown},
}};
constexpr std::array<SignatureQualification, 3> kFailed = {kNotAdesQcQscd, kNotAdesQc, kNotAdes};

constexpr auto kNames = std::to_array<std::string_view>({
    "QESig",
    "QESeal",
    "Unknown-QC-QSCD",
    "AdESig-QC",
    "AdESeal-QC",
    "Unknown-QC",
    "AdESig",
    "AdESeal",
    "Unknown",
    "Indeterminate-QESig",
    "Indeterminate-QESeal",
    "Indeterminate-Unknown-QC-QSCD",
    "Indeterminate-AdESig-QC",
    "Indeterminate-AdESeal-QC",
    "Indeterminate-Unknown-QC",
    "Indeterminate-AdESig",
    "Indeterminate-AdESeal",
    "Indeterminate-Unknown",
    "Not-AdES-QC-QSCD",
    "Not-AdES-QC",
    "Not-AdES",
    "N/A",
});
static_assert(kNames.size() == static_cast<std::size_t>(kNotApplicable) + 1);

CertificateUse Agreed(const SignatureQualificationResult& result, const Certificate& certificate) {
  if (result.at_issuance.qualified == Answer::kYes && result.at_signing.qualified == Answer::kYes)
    return result.at_issuance.use == result.at_signing.use ? result.at_signing.use
                                                           : CertificateUse::kUnknown;
  // Not qualified: only the certificate's own word says what it is for.
  return StatedUse(certificate);
}

Level LevelOf(const SignatureQualificationResult& result) {
  if (result.at_issuance.qualified != Answer::kYes || result.at_signing.qualified != Answer::kYes)
    return Level::kNone;
  return result.at_signing.qscd == Answer::kYes ? Level::kQcQscd : Level::kQc;
}

}  // namespace

std::string_view NameOf(CertificateUse use) {
  switch (use) {
    case CertificateUse::kUnknown: return "";
    case CertificateUse::kEsig: return "esig";
    case CertificateUse::kEseal: return "eseal";
    case CertificateUse::kWeb: return "web";
  }
  return "";
}

CertificateUse StatedUse(const Certificate& certificate) {
  return UseIn(ReadQcStatements(certificate), IsBeforeEidas(certificate));
}

CertificateQualification QualifyCertificate(const CertificatePath& path, base::Time at) {
  CertificateQualification best;
  if (path.certificates.empty()) return best;
  for (const TrustService* service : path.services)
    Merge(ByService(path.certificates.front(), *service, at), best);
  return best;
}

SignatureQualificationResult QualifySignature(const QualificationRequest& request) {
  SignatureQualificationResult result;
  if (request.path.services.empty()) return result;
  const Certificate& certificate = request.path.certificates.front();
  const auto issued = certificate.NotBefore();
  if (!issued) return result;
  result.at_issuance = QualifyCertificate(request.path, *issued);
  result.at_signing = QualifyCertificate(request.path, request.best_signature_time);
  const auto level = static_cast<std::size_t>(LevelOf(result));
  const std::size_t column = Column(Agreed(result, certificate));
  if (request.ades == Indication::kFailed)
    result.qualification = kFailed[level];
  else if (request.ades == Indication::kPassed)
    result.qualification = kPassed[level][column];
  else
    result.qualification = kIndeterminate[level][column];
  return result;
}

std::string_view QualificationName(SignatureQualification qualification) {
  return kNames[static_cast<std::size_t>(qualification)];
}

std::string_view QualificationName(TimestampQualification qualification) {
  switch (qualification) {
    case TimestampQualification::kNotApplicable: return "N/A";
    case TimestampQualification::kTsa: return "TSA";
    case TimestampQualification::kTsaNational: return "TSA-national";
    case TimestampQualification::kQtsa: return "QTSA";
  }
  return "N/A";
}

namespace {

bool IsQualifiedAt(const TrustService& service, base::Time at) {
  const TrustStatus* status = service.At(at);
  return status != nullptr && status->type == trust_uri::kQtst && IsApproved(*status, at);
}

}  // namespace

TimestampQualification QualifyTimestamp(const CertificatePath& path, const TimestampTimes& times) {
  if (!path.HasAnchor()) return TimestampQualification::kNotApplicable;
  auto best = TimestampQualification::kTsa;
  for (const TrustService* service : path.services) {
    if (IsQualifiedAt(*service, times.generated) && IsQualifiedAt(*service, times.proven_by))
      return TimestampQualification::kQtsa;
    const TrustStatus* status = service->At(times.generated);
    if (status == nullptr) continue;
    const bool national = status->type == trust_uri::kTssQc || status->type == trust_uri::kTssAdes;
    // Accredited before eIDAS, recognised nationally since (TS 119 612, 5.5.4).
    if (national && (IsApproved(*status, times.generated) || IsNational(*status)))
      best = TimestampQualification::kTsaNational;
  }
  return best;
}

}  // namespace signing
