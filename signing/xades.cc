#include "signing/xades.h"

#include <array>

#include "signing/member_name.h"
#include "signing/xml_names.h"

namespace signing {
namespace {

// More of one kind in one signature is no document but an attempt to keep us busy.
constexpr std::size_t kMaxOfAKind = 500;

bool IsXadesElement(const xmlNode* node, std::string_view name) {
  return node != nullptr && node->type == XML_ELEMENT_NODE && NameOf(node) == name &&
         (IsXades(NamespaceOf(node)) || NamespaceOf(node) == kXades141);
}

xmlNode* FindXades(const xmlNode* parent, std::string_view name) {
  xmlNode* node = FirstElement(parent);
  while (node != nullptr && !IsXadesElement(node, name)) node = NextElement(node);
  return node;
}

std::vector<xmlNode*> FindAllXades(const xmlNode* parent, std::string_view name) {
  std::vector<xmlNode*> found;
  for (xmlNode* node = FirstElement(parent); node != nullptr; node = NextElement(node))
    if (IsXadesElement(node, name)) found.push_back(node);
  return found;
}

// XAdES 1.1.1 has these in its own namespace, the later ones in that of XMLDSIG.
const xmlNode* FindDsigOrXades(const xmlNode* parent, std::string_view name) {
  const xmlNode* found = FindChild(parent, kDsig, name);
  return found != nullptr ? found : FindXades(parent, name);
}

CertificateReference ReadCertificateReference(const xmlNode* cert) {
  CertificateReference reference;
  const xmlNode* digest = FindXades(cert, "CertDigest");
  const xmlNode* method = FindDsigOrXades(digest, "DigestMethod");
  if (method != nullptr)
    reference.algorithm = FindDigestByUri(AttributeOf(method, "Algorithm").value_or(""));
  if (digest != nullptr)
    reference.digest =
        Base64OfElement(FindDsigOrXades(digest, "DigestValue")).value_or(base::Bytes{});
  if (const xmlNode* serial = FindXades(cert, "IssuerSerial")) {
    reference.issuer = TrimmedText(FindChild(serial, kDsig, "X509IssuerName"));
    reference.serial = TrimmedText(FindChild(serial, kDsig, "X509SerialNumber"));
  }
  reference.issuer_serial =
      Base64OfElement(FindXades(cert, "IssuerSerialV2")).value_or(base::Bytes{});
  return reference;
}

// A property that occurs at most once: its element, or the problem that there are two.
const xmlNode* AtMostOne(const xmlNode* parent, std::string_view name,
                         std::vector<std::string>& problems) {
  const auto found = FindAllXades(parent, name);
  if (found.size() > 1) problems.push_back("several " + std::string(name));
  return found.empty() ? nullptr : found.front();
}

void ReadSignatureProperties(const xmlNode* properties, XadesProperties& out) {
  out.signing_time = TrimmedText(AtMostOne(properties, "SigningTime", out.problems));
  const xmlNode* v1 = AtMostOne(properties, "SigningCertificate", out.problems);
  const xmlNode* v2 = AtMostOne(properties, "SigningCertificateV2", out.problems);
  out.signing_certificate_v2 = v2 != nullptr;
  for (const xmlNode* list : {v2, v1})
    for (const xmlNode* cert : FindAllXades(list, "Cert"))
      out.signing_certificates.push_back(ReadCertificateReference(cert));
  const xmlNode* policy = AtMostOne(properties, "SignaturePolicyIdentifier", out.problems);
  if (policy == nullptr) return;
  out.policy_implied = FindXades(policy, "SignaturePolicyImplied") != nullptr;
  const xmlNode* id = FindXades(FindXades(policy, "SignaturePolicyId"), "SigPolicyId");
  out.policy_id = TrimmedText(FindXades(id, "Identifier"));
  const xmlNode* qualifiers =
      FindXades(FindXades(policy, "SignaturePolicyId"), "SigPolicyQualifiers");
  out.policy_uri = TrimmedText(FindXades(FindXades(qualifiers, "SigPolicyQualifier"), "SPURI"));
}

TimestampElement ReadTimestamp(TimestampKind kind, const xmlNode* node, std::size_t position) {
  TimestampElement timestamp{kind, node, {}, false, position};
  for (const xmlNode* token : FindAllXades(node, "EncapsulatedTimeStamp")) {
    auto bytes = Base64OfElement(token);
    timestamp.malformed = timestamp.malformed || !bytes;
    if (bytes) timestamp.tokens.push_back(std::move(*bytes));
  }
  return timestamp;
}

void ReadDataObjectProperties(const xmlNode* properties, XadesProperties& out) {
  for (const xmlNode* format : FindAllXades(properties, "DataObjectFormat")) {
    std::string reference = AttributeOf(format, "ObjectReference").value_or("");
    if (reference.starts_with('#')) reference.erase(0, 1);
    out.formats.push_back({std::move(reference), TrimmedText(FindXades(format, "MimeType"))});
  }
  for (const std::string_view name : {"AllDataObjectsTimeStamp", "IndividualDataObjectsTimeStamp"})
    for (const xmlNode* node : FindAllXades(properties, name))
      out.timestamps.push_back(ReadTimestamp(TimestampKind::kContent, node, 0));
}

void ReadCertificates(const xmlNode* values, std::size_t position, XadesProperties& out) {
  for (const xmlNode* value : FindAllXades(values, "EncapsulatedX509Certificate")) {
    if (out.certificates.size() >= kMaxOfAKind) return;
    const auto der = Base64OfElement(value);
    auto certificate = der ? Certificate::Parse(*der) : std::nullopt;
    if (!certificate) continue;
    out.certificates.push_back(std::move(*certificate));
    out.certificate_positions.push_back(position);
  }
}

void ReadRevocation(const xmlNode* values, std::size_t position, XadesProperties& out) {
  for (const xmlNode* value :
       FindAllXades(FindXades(values, "OCSPValues"), "EncapsulatedOCSPValue"))
    out.ocsp.push_back({Base64OfElement(value).value_or(base::Bytes{}), position});
  for (const xmlNode* value : FindAllXades(FindXades(values, "CRLValues"), "EncapsulatedCRLValue"))
    out.crls.push_back({Base64OfElement(value).value_or(base::Bytes{}), position});
}

void ReadCounterSignature(const xmlNode* node, std::size_t position, XadesProperties& out) {
  for (xmlNode* signature : FindChildren(node, kDsig, "Signature"))
    out.counter_signatures.push_back({signature, position});
}

struct TimestampName {
  std::string_view name;
  TimestampKind kind;
};
constexpr std::array<TimestampName, 7> kTimestampNames{{
    {"SignatureTimeStamp", TimestampKind::kSignature},
    {"ArchiveTimeStamp", TimestampKind::kArchive},
    {"ArchiveTimeStampV2", TimestampKind::kArchive},
    {"SigAndRefsTimeStamp", TimestampKind::kReferences},
    {"SigAndRefsTimeStampV2", TimestampKind::kReferences},
    {"RefsOnlyTimeStamp", TimestampKind::kReferencesOnly},
    {"RefsOnlyTimeStampV2", TimestampKind::kReferencesOnly},
}};

// An XML record stands there as it is and starts with "<"; one of RFC 4998 as base64.
void ReadEvidenceRecords(const xmlNode* node, XadesProperties& out) {
  out.has_evidence_record = true;
  for (const xmlNode* record = FirstElement(node); record != nullptr; record = NextElement(record))
    out.evidence_records.push_back(Base64OfElement(record).value_or(base::ToBytes("<")));
}

void ReadUnsignedProperty(const xmlNode* node, XadesProperties& out) {
  const std::size_t position = out.unsigned_properties.size();
  out.unsigned_properties.push_back(node);
  for (const TimestampName& entry : kTimestampNames)
    if (IsXadesElement(node, entry.name))
      out.timestamps.push_back(ReadTimestamp(entry.kind, node, position));
  if (IsXadesElement(node, "CounterSignature")) ReadCounterSignature(node, position, out);
  if (IsXadesElement(node, "CertificateValues")) {
    const std::size_t before = out.certificates.size();
    ReadCertificates(node, position, out);
    out.has_certificate_values = out.has_certificate_values || out.certificates.size() > before;
  }
  if (IsXadesElement(node, "RevocationValues")) {
    ReadRevocation(node, position, out);
  }
  if (IsXadesElement(node, "TimeStampValidationData")) {
    ReadCertificates(FindXades(node, "CertificateValues"), position, out);
    ReadRevocation(FindXades(node, "RevocationValues"), position, out);
  }
  // ETSI TS 119 132-3: the namespace of evidence records is another.
  if (NameOf(node) == "SealingEvidenceRecords") ReadEvidenceRecords(node, out);
}

void CheckCounts(XadesProperties& out) {
  bool too_many = false;
  const auto cut = [&](auto& list) {
    too_many = too_many || list.size() > kMaxOfAKind;
    if (list.size() > kMaxOfAKind)
      list.erase(list.begin() + static_cast<std::ptrdiff_t>(kMaxOfAKind), list.end());
  };
  cut(out.signing_certificates);
  cut(out.timestamps);
  cut(out.ocsp);
  cut(out.crls);
  cut(out.counter_signatures);
  cut(out.evidence_records);
  if (too_many) out.problems.emplace_back("too many properties of one kind");
}

void CheckTimestampElements(XadesProperties& out) {
  for (const TimestampElement& timestamp : out.timestamps) {
    // EN 319 132-1, 5.3: one token in a SignatureTimeStamp.
    if (timestamp.tokens.size() > 1) out.problems.emplace_back("several tokens in a time-stamp");
    if (timestamp.malformed) out.problems.emplace_back("a time-stamp token that is no base64");
  }
}

}  // namespace

std::optional<XadesProperties> ReadXades(const xmlNode* signature) {
  std::vector<xmlNode*> found;
  for (const xmlNode* object : FindChildren(signature, kDsig, "Object"))
    for (xmlNode* node : FindAllXades(object, "QualifyingProperties")) found.push_back(node);
  if (found.empty()) return std::nullopt;

  XadesProperties out;
  // EN 319 132-1, 4.4.2: one QualifyingProperties, in one ds:Object.
  if (found.size() > 1) out.problems.emplace_back("several QualifyingProperties");
  out.qualifying = found.front();
  out.space = NamespaceOf(out.qualifying);
  out.target = AttributeOf(out.qualifying, "Target").value_or("");
  out.signed_properties = AtMostOne(out.qualifying, "SignedProperties", out.problems);
  const xmlNode* of_signature =
      AtMostOne(out.signed_properties, "SignedSignatureProperties", out.problems);
  ReadSignatureProperties(of_signature, out);
  const xmlNode* of_data =
      AtMostOne(out.signed_properties, "SignedDataObjectProperties", out.problems);
  ReadDataObjectProperties(of_data, out);
  const xmlNode* unsigned_properties =
      AtMostOne(out.qualifying, "UnsignedProperties", out.problems);
  const xmlNode* of_unsigned =
      AtMostOne(unsigned_properties, "UnsignedSignatureProperties", out.problems);
  for (const xmlNode* node = FirstElement(of_unsigned); node != nullptr; node = NextElement(node))
    ReadUnsignedProperty(node, out);
  CheckTimestampElements(out);
  CheckCounts(out);
  return out;
}

}  // namespace signing
