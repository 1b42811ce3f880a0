// What the XAdES qualifying properties of one signature say (ETSI EN 319 132-1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "signing/certificate.h"
#include "signing/digest_algorithm.h"
#include "signing/xml_document.h"

namespace signing {

// One Cert of SigningCertificate or SigningCertificateV2.
struct CertificateReference {
  const DigestAlgorithm* algorithm = nullptr;  // nullptr: not on our list.
  base::Bytes digest;
  std::string issuer;  // V1: as text; empty when absent.
  std::string serial;
  base::Bytes issuer_serial;  // V2: DER of IssuerSerial; empty when absent.
};

struct DataObjectFormat {
  std::string reference;  // ObjectReference without "#".
  std::string media_type;
};

// kReferences: over the value and references to validation data; kReferencesOnly: not over the
// value (EN 319 132-1, A.1.5.1 and A.1.5.2).
enum class TimestampKind { kSignature, kArchive, kContent, kReferences, kReferencesOnly };

struct TimestampElement {
  TimestampKind kind;
  const xmlNode* node = nullptr;
  std::vector<base::Bytes> tokens;  // One by the standard.
  bool malformed = false;           // A token that is no base64.
  std::size_t position = 0;         // In XadesProperties::unsigned_properties; 0 for content.
};

// An OCSP response or CRL, and where it stands.
struct EmbeddedData {
  base::Bytes der;
  std::size_t position = 0;  // In XadesProperties::unsigned_properties.
};

struct XadesProperties {
  const xmlNode* qualifying = nullptr;
  const xmlNode* signed_properties = nullptr;
  std::string space;                  // The namespace that they use.
  std::string target;                 // Of QualifyingProperties, with "#".
  std::vector<std::string> problems;  // Breaches of the structure, for FORMAT_FAILURE.

  std::string signing_time;
  std::vector<CertificateReference> signing_certificates;
  bool signing_certificate_v2 = false;
  std::vector<DataObjectFormat> formats;
  std::string policy_id;
  std::string policy_uri;  // SPURI: where the policy can be had.
  bool policy_implied = false;
  // SealingEvidenceRecords: what stands in each, "<" for XML or the bytes of its base64.
  std::vector<base::Bytes> evidence_records;

  std::vector<const xmlNode*> unsigned_properties;  // Of the signature, in document order.
  std::vector<TimestampElement> timestamps;
  std::vector<Certificate> certificates;           // CertificateValues, TimeStampValidationData.
  std::vector<std::size_t> certificate_positions;  // Of each, in `unsigned_properties`.
  std::vector<EmbeddedData> ocsp;
  std::vector<EmbeddedData> crls;
  bool has_certificate_values = false;  // A CertificateValues with a certificate in it.
  bool has_evidence_record = false;
  struct CounterSignature {
    const xmlNode* node = nullptr;  // ds:Signature inside CounterSignature.
    std::size_t position = 0;       // In `unsigned_properties`.
  };
  std::vector<CounterSignature> counter_signatures;
};

// nullopt when the ds:Signature holds no QualifyingProperties at all.
std::optional<XadesProperties> ReadXades(const xmlNode* signature);

}  // namespace signing
