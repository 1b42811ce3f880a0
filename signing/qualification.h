// Qualification (ETSI TS 119 615): what the law takes a certificate, a signature or a time-stamp
// for, by the trusted lists. Apart from whether it is valid.
//
// Pure functions of their arguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "signing/path_builder.h"
#include "signing/trust_snapshot.h"
#include "signing/verify_report.h"

namespace signing {

enum class CertificateUse { kUnknown, kEsig, kEseal, kWeb };
std::string_view NameOf(CertificateUse use);  // "esig", "eseal", "web"; kUnknown: empty.
// What the certificate itself says it is for, whoever vouches for it (EN 319 412-5, 4.2.3).
CertificateUse StatedUse(const Certificate& certificate);
enum class Answer { kNo, kYes, kUnknown };

// What a certificate was at one moment.
struct CertificateQualification {
  Answer qualified = Answer::kNo;
  CertificateUse use = CertificateUse::kUnknown;  // Of a qualified certificate.
  Answer qscd = Answer::kNo;                      // Its key is in a qualified device.
  const TrustService* service = nullptr;          // That decided; nullptr when none did.
  const TrustStatus* status = nullptr;            // Of it at that moment.
  std::vector<std::string> notes;                 // Stable words, what decided it.
};

// TS 119 615, 4.4 and 4.5: by the CA/QC services that the path ends in. `at` is the moment asked
// about: the certificate's issuance, or the best-signature-time.
CertificateQualification QualifyCertificate(const CertificatePath& path, base::Time at);

enum class SignatureQualification {
  kQesig,
  kQeseal,
  kUnknownQcQscd,
  kAdesigQc,
  kAdesealQc,
  kUnknownQc,
  kAdesig,
  kAdeseal,
  kUnknown,
  kIndeterminateQesig,
  kIndeterminateQeseal,
  kIndeterminateUnknownQcQscd,
  kIndeterminateAdesigQc,
  kIndeterminateAdesealQc,
  kIndeterminateUnknownQc,
  kIndeterminateAdesig,
  kIndeterminateAdeseal,
  kIndeterminateUnknown,
  kNotAdesQcQscd,
  kNotAdesQc,
  kNotAdes,
  kNotApplicable,
};
std::string_view QualificationName(SignatureQualification qualification);  // "QESig", ...

struct QualificationRequest {
  Indication ades;              // Of the signature, EN 319 102-1.
  const CertificatePath& path;  // Of the signer's certificate.
  base::Time best_signature_time;
};

struct SignatureQualificationResult {
  SignatureQualification qualification = SignatureQualification::kNotApplicable;
  CertificateQualification at_issuance;
  CertificateQualification at_signing;
};

// TS 119 615, 4.6: qualified at issuance and at the best-signature-time, with the use that both
// agree on, and the device as at the best-signature-time. kNotApplicable when the path ends in no
// trusted list.
SignatureQualificationResult QualifySignature(const QualificationRequest& request);

enum class TimestampQualification { kNotApplicable, kTsa, kTsaNational, kQtsa };
std::string_view QualificationName(TimestampQualification qualification);  // "QTSA", ...

// TS 119 615, 4.7, by the services that the path of the TSA's certificate ends in:
// QTSA: a qualified time-stamping service, granted at genTime and still when the token is next
// known to have existed; whoever lost the status in between may have set back its clock.
// TSA-national: one that the list recognised by national law at genTime (a qualified certificate's
// TSS, say). TSA: any other path to trust. N/A: none.
struct TimestampTimes {
  base::Time generated;
  base::Time proven_by;  // TimestampVerdict::proven_by
};
TimestampQualification QualifyTimestamp(const CertificatePath& path, const TimestampTimes& times);

}  // namespace signing
