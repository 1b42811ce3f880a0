// What a trusted list says about one trust service (ETSI TS 119 612, 5.5 and 5.6).
//
// Plain values; certificates share their decoded form with the snapshot they came from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "signing/certificate.h"

namespace signing {

// A condition on a certificate (TS 119 612, 5.5.9.2.2): a tree of lists.
struct TrustCriteria {
  enum class Assert { kAll, kAtLeastOne, kNone };

  struct KeyUsageBit {
    std::string name;  // "nonRepudiation"
    bool value = true;
  };

  Assert assert = Assert::kAll;
  std::vector<std::vector<KeyUsageBit>> key_usages;           // All bits of one set must agree.
  std::vector<std::vector<std::string>> policy_sets;          // All policies of one set, dotted.
  std::vector<std::vector<std::string>> extended_key_usages;  // All of one set.
  std::vector<std::vector<std::string>> subject_attributes;   // All of one set are present.
  std::vector<TrustCriteria> lists;
  bool understood = true;  // False: it asks for something we cannot look at.
};

// One QualificationElement: certificates that fit the criteria have the qualifiers.
struct TrustQualifier {
  std::vector<std::string> uris;
  // Of the extension that it stands in (TS 119 612, 5.5.9): whoever does not know a qualifier of a
  // critical one cannot use the answer; of another it says nothing.
  bool critical = true;
  TrustCriteria criteria;
};

// The service from one moment to the next.
struct TrustStatus {
  base::Time from;
  std::string type;                     // Service type identifier, a URI.
  std::string status;                   // URI.
  std::vector<std::string> additional;  // AdditionalServiceInformation URIs.
  std::vector<TrustQualifier> qualifiers;
  std::optional<base::Time> expired_certificates_from;  // ExpiredCertsRevocationInfo.
  // TS 119 612, 5.5.9: who meets a critical extension that it does not understand must not use
  // the service. Such a period counts as not listed.
  bool understood = true;
};

struct TrustService {
  std::string territory;  // "LV"
  std::string provider;   // English where the list has it.
  std::string name;
  std::vector<Certificate> certificates;  // Of one key, by TS 119 612, 5.5.3.
  std::vector<base::Bytes> subject_key_ids;
  std::vector<std::string> subject_names;  // X509SubjectName as written.
  std::vector<TrustStatus> history;        // Newest first, the current one included.

  // What was in force then; nullptr before the first entry, and where the list says something
  // that must be understood and is not. Valid while the service lives.
  const TrustStatus* At(base::Time time) const;
  // The same with the type; nullptr when it had another then.
  const TrustStatus* At(base::Time time, std::string_view type) const;
};

// Service types and statuses, by the last parts of their URIs.
namespace trust_uri {
inline constexpr std::string_view kCaQc = "http://uri.etsi.org/TrstSvc/Svctype/CA/QC";
inline constexpr std::string_view kCaPkc = "http://uri.etsi.org/TrstSvc/Svctype/CA/PKC";
inline constexpr std::string_view kNationalRoot =
    "http://uri.etsi.org/TrstSvc/Svctype/NationalRootCA-QC";
inline constexpr std::string_view kOcsp = "http://uri.etsi.org/TrstSvc/Svctype/Certstatus/OCSP";
inline constexpr std::string_view kOcspQc =
    "http://uri.etsi.org/TrstSvc/Svctype/Certstatus/OCSP/QC";
inline constexpr std::string_view kCrl = "http://uri.etsi.org/TrstSvc/Svctype/Certstatus/CRL";
inline constexpr std::string_view kCrlQc = "http://uri.etsi.org/TrstSvc/Svctype/Certstatus/CRL/QC";
inline constexpr std::string_view kTsa = "http://uri.etsi.org/TrstSvc/Svctype/TSA";
inline constexpr std::string_view kQtst = "http://uri.etsi.org/TrstSvc/Svctype/TSA/QTST";
inline constexpr std::string_view kTssQc = "http://uri.etsi.org/TrstSvc/Svctype/TSA/TSS-QC";
inline constexpr std::string_view kTssAdes =
    "http://uri.etsi.org/TrstSvc/Svctype/TSA/TSS-AdESQCandQES";
}  // namespace trust_uri

// The date on which Regulation (EU) 910/2014 replaced Directive 1999/93/EC.
base::Time EidasStart();

// Granted; or at a moment before eIDAS under supervision, in its cessation, or accredited: the
// statuses in which TS 119 615 (4.4) takes a service for qualified at that moment. The URI may
// come in any spelling that lists have used for it.
bool IsApproved(const TrustStatus& status, base::Time at);
// Recognised (or before eIDAS: set) by national law alone.
bool IsNational(const TrustStatus& status);

}  // namespace signing
