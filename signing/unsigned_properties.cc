#include "signing/unsigned_properties.h"

#include "base/base64.h"
#include "signing/xml_names.h"

namespace signing {
namespace {

std::string Open(std::string_view prefix, std::string_view space, std::string_view name) {
  return "<" + std::string(prefix) + ":" + std::string(name) + " xmlns:" + std::string(prefix) +
         "=\"" + std::string(space) + "\"";
}

std::string Timestamp(std::string_view prefix, std::string_view space, std::string_view name,
                      base::ByteSpan token) {
  return Open(prefix, space, name) + "><ds:CanonicalizationMethod xmlns:ds=\"" +
         std::string(kDsig) + "\" Algorithm=\"" + std::string(kTimestampForm) +
         "\"/><xades:EncapsulatedTimeStamp xmlns:xades=\"" + std::string(kXades132) + "\">" +
         base::Base64Encode(token) + "</xades:EncapsulatedTimeStamp></" + std::string(prefix) +
         ":" + std::string(name) + ">";
}

std::string Encapsulated(std::string_view list, std::string_view element,
                         const std::vector<base::Bytes>& values) {
  if (values.empty()) return {};
  std::string out = "<xades:" + std::string(list) + ">";
  for (const base::Bytes& value : values)
    out += "<xades:" + std::string(element) + ">" + base::Base64Encode(value) +
           "</xades:" + std::string(element) + ">";
  return out + "</xades:" + std::string(list) + ">";
}

constexpr std::string_view kCertificateValues = "CertificateValues";
constexpr std::string_view kRevocationValues = "RevocationValues";

std::string Certificates(const ValidationData& data) {
  std::string values;
  for (const base::Bytes& one : data.certificates)
    values += "<xades:EncapsulatedX509Certificate>" + base::Base64Encode(one) +
              "</xades:EncapsulatedX509Certificate>";
  if (values.empty()) return {};
  return Open("xades", kXades132, kCertificateValues) + ">" + values + "</xades:CertificateValues>";
}

std::string Revocation(const ValidationData& data) {
  if (data.ocsp_responses.empty() && data.crls.empty()) return {};
  // The schema has CRLValues before OCSPValues.
  return Open("xades", kXades132, kRevocationValues) + ">" +
         Encapsulated("CRLValues", "EncapsulatedCRLValue", data.crls) +
         Encapsulated("OCSPValues", "EncapsulatedOCSPValue", data.ocsp_responses) +
         "</xades:RevocationValues>";
}

}  // namespace

std::string SignatureTimestampProperty(base::ByteSpan token) {
  return Timestamp("xades", kXades132, "SignatureTimeStamp", token);
}

std::string ArchiveTimestampProperty(base::ByteSpan token) {
  return Timestamp("xades141", kXades141, "ArchiveTimeStamp", token);
}

std::vector<std::string> ValidationDataProperties(const ValidationData& data) {
  std::vector<std::string> properties;
  for (std::string property : {Certificates(data), Revocation(data)})
    if (!property.empty()) properties.push_back(std::move(property));
  return properties;
}

std::string TimestampValidationDataProperty(const ValidationData& data) {
  return Open("xades141", kXades141, "TimeStampValidationData") + ">" + Certificates(data) +
         Revocation(data) + "</xades141:TimeStampValidationData>";
}

std::string CounterSignatureProperty(const std::string& signature) {
  return Open("xades", kXades132, "CounterSignature") + ">" + signature +
         "</xades:CounterSignature>";
}

}  // namespace signing
