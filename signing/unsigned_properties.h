// What is added to a signature after it was made (EN 319 132-1, 5.2.7, 5.3 to 5.5), as XML that
// declares the namespaces it uses: it stands the same in whatever signature it is put into.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace signing {

// Validation data: DER of certificates, OCSP responses and CRLs.
struct ValidationData {
  std::vector<base::Bytes> certificates;
  std::vector<base::Bytes> ocsp_responses;
  std::vector<base::Bytes> crls;
  bool empty() const { return certificates.empty() && ocsp_responses.empty() && crls.empty(); }
};

// The canonical form that time-stamps of ours are over: Canonical XML 1.1. The signing tools of
// Latvia use it, and verifiers that look at no other assume it.
inline constexpr std::string_view kTimestampForm = "http://www.w3.org/2006/12/xml-c14n11";

std::string SignatureTimestampProperty(base::ByteSpan token);                   // 5.3.
std::string ArchiveTimestampProperty(base::ByteSpan token);                     // 5.5.2.
std::vector<std::string> ValidationDataProperties(const ValidationData& data);  // 5.4.1, 5.4.2.
// For what is needed beside values that are there already (EN 319 132-1, 5.5.1.2 in its edition
// 1.4.1 namespace).
std::string TimestampValidationDataProperty(const ValidationData& data);
std::string CounterSignatureProperty(const std::string& signature);  // 5.2.7.

}  // namespace signing
