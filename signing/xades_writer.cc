#include "signing/xades_writer.h"

#include <algorithm>

#include "base/base64.h"
#include "base/utf8.h"
#include "signing/xml_text.h"

namespace signing {
namespace {

constexpr std::string_view kDsNamespace = "http://www.w3.org/2000/09/xmldsig#";
constexpr std::string_view kXadesNamespace = "http://uri.etsi.org/01903/v1.3.2#";
constexpr std::string_view kAsicNamespace = "http://uri.etsi.org/02918/v1.2.1#";
constexpr std::string_view kSha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
constexpr std::string_view kC14n11 = "http://www.w3.org/2006/12/xml-c14n11";

std::string SignedPropertiesId(std::string_view id) {
  return std::string(id) + "-SignedProperties";
}

std::string ReferenceId(std::string_view id, std::size_t index) {
  return std::string(id) + "-ref-" + std::to_string(index + 1);
}

// In exclusive canonical form a namespace stands on each outermost element that uses it:
// here on every ds: element, because SignedProperties itself uses only xades:.
std::string DigestAndValue(const base::Sha256Digest& digest) {
  const std::string ds = " xmlns:ds=\"" + std::string(kDsNamespace) + "\"";
  return "<ds:DigestMethod" + ds + " Algorithm=\"" + std::string(kSha256) +
         "\"></ds:DigestMethod><ds:DigestValue" + ds + ">" + base::Base64Encode(digest.bytes) +
         "</ds:DigestValue>";
}

// EN 319 132-1, 5.2.4: DataObjectFormat with MimeType for each signed document.
std::string DataObjectFormats(const SignatureParameters& parameters) {
  std::string out;
  for (std::size_t i = 0; i < parameters.documents.size(); ++i) {
    out += "<xades:DataObjectFormat ObjectReference=\"#" + ReferenceId(parameters.id, i) +
           "\"><xades:MimeType>" + EscapeText(parameters.documents[i].media_type) +
           "</xades:MimeType></xades:DataObjectFormat>";
  }
  return out;
}

std::string SignedProperties(const SignatureParameters& parameters) {
  return "<xades:SignedProperties xmlns:xades=\"" + std::string(kXadesNamespace) + "\" Id=\"" +
         SignedPropertiesId(parameters.id) +
         "\"><xades:SignedSignatureProperties><xades:SigningTime>" +
         base::FormatTime(parameters.signing_time) +
         "</xades:SigningTime><xades:SigningCertificateV2><xades:Cert><xades:CertDigest>" +
         DigestAndValue(base::Sha256(parameters.certificate)) +
         "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>"
         "</xades:SignedSignatureProperties><xades:SignedDataObjectProperties>" +
         DataObjectFormats(parameters) +
         "</xades:SignedDataObjectProperties></xades:SignedProperties>";
}

// In the form of Canonical XML 1.1, which the timestamp covers: all namespaces in scope stand
// on the outermost element, sorted by prefix. The signing tools of Latvia use this method, and
// verifiers that look at no other assume it.
std::string SignatureValueElement(const PreparedSignature& prepared, const hsm::Seal& seal) {
  return "<ds:SignatureValue xmlns:asic=\"" + std::string(kAsicNamespace) + "\" xmlns:ds=\"" +
         std::string(kDsNamespace) + "\" Id=\"" + prepared.id + "-SignatureValue\">" +
         base::Base64Encode(seal.value) + "</ds:SignatureValue>";
}

std::string EncapsulatedList(std::string_view element, const std::vector<base::Bytes>& values) {
  std::string out;
  for (const base::Bytes& value : values) {
    out += "<xades:" + std::string(element) + ">" + base::Base64Encode(value) +
           "</xades:" + std::string(element) + ">";
  }
  return out;
}

std::string TimestampElement(const PreparedSignature& prepared, base::ByteSpan token) {
  return "<xades:SignatureTimeStamp Id=\"" + prepared.id +
         "-SignatureTimeStamp\"><ds:CanonicalizationMethod Algorithm=\"" + std::string(kC14n11) +
         "\"/><xades:EncapsulatedTimeStamp>" + base::Base64Encode(token) +
         "</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>";
}

std::string UnsignedProperties(const PreparedSignature& prepared, const Evidence& evidence) {
  if (evidence.timestamp_token.empty()) return {};
  std::string properties = TimestampElement(prepared, evidence.timestamp_token);
  if (!evidence.certificates.empty()) {
    properties += "<xades:CertificateValues>" +
                  EncapsulatedList("EncapsulatedX509Certificate", evidence.certificates) +
                  "</xades:CertificateValues>";
  }
  if (!evidence.ocsp_responses.empty()) {
    properties += "<xades:RevocationValues><xades:OCSPValues>" +
                  EncapsulatedList("EncapsulatedOCSPValue", evidence.ocsp_responses) +
                  "</xades:OCSPValues></xades:RevocationValues>";
  }
  return "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>" + properties +
         "</xades:UnsignedSignatureProperties></xades:UnsignedProperties>";
}

bool IsUnreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

base::Status CheckDocument(const DocumentDigest& document) {
  if (!IsDocumentName(document.name))
    return base::Error{base::ErrorCode::kInvalidInput, "document.bad-name",
                       "a document name that cannot be a path of a container"};
  if (!IsMediaType(document.media_type))
    return base::Error{base::ErrorCode::kInvalidInput, "document.bad-media-type",
                       "not a type/subtype: " + document.media_type.substr(0, 80)};
  return base::Ok();
}

// EN 319 162-1, 4.4: the container's own names, in any letter case: some file systems take
// "meta-inf" for "META-INF".
bool IsReservedName(std::string_view name) {
  std::string first(name.substr(0, name.find('/')));
  for (char& c : first)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 0x20);
  return first == "mimetype" || first == "meta-inf";
}

}  // namespace

bool IsDocumentName(std::string_view name) {
  if (name.empty() || name.size() > 255 || !IsXmlText(name)) return false;
  if (base::HasSteeringCharacter(name) || IsReservedName(name)) return false;
  for (std::size_t start = 0; start <= name.size();) {
    const std::size_t end = std::min(name.find('/', start), name.size());
    const std::string_view segment = name.substr(start, end - start);
    if (segment.empty() || segment == "." || segment == "..") return false;
    start = end + 1;
  }
  return name.find('\\') == std::string_view::npos;
}

bool IsMediaType(std::string_view text) {
  const auto restricted = [](std::string_view name) {
    return !name.empty() && name.size() <= 127 && std::ranges::all_of(name, [](char c) {
      return IsUnreserved(c) || std::string_view("!#$&^+").find(c) != std::string_view::npos;
    });
  };
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && restricted(text.substr(0, slash)) &&
         restricted(text.substr(slash + 1));
}

std::string PercentEncodePath(std::string_view name) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    if (IsUnreserved(c) || c == '/') {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0x0FU];
  }
  return out;
}

base::Result<PreparedSignature> PrepareSignature(const SignatureParameters& parameters) {
  if (parameters.documents.empty())
    return base::Error{base::ErrorCode::kInvalidInput, "document.none", "nothing to sign"};
  PreparedSignature prepared;
  prepared.id = parameters.id;
  prepared.certificate.assign(parameters.certificate.begin(), parameters.certificate.end());
  for (std::size_t i = 0; i < parameters.documents.size(); ++i) {
    const DocumentDigest& document = parameters.documents[i];
    RETURN_IF_ERROR(CheckDocument(document));
    prepared.references.push_back({.id = ReferenceId(parameters.id, i),
                                   .uri = PercentEncodePath(document.name),
                                   .signed_properties = false,
                                   .digest = document.sha256});
  }
  prepared.signed_properties = SignedProperties(parameters);
  prepared.references.push_back(
      {.id = parameters.id + "-ref-SignedProperties",
       .uri = "#" + SignedPropertiesId(parameters.id),
       .signed_properties = true,
       .digest = base::Sha256(base::AsBytes(prepared.signed_properties))});
  return prepared;
}

base::Sha256Digest TimestampImprint(const PreparedSignature& prepared, const hsm::Seal& seal) {
  return base::Sha256(base::AsBytes(SignatureValueElement(prepared, seal)));
}

std::string WriteSignature(const PreparedSignature& prepared, const hsm::Seal& seal,
                           const Evidence& evidence) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<asic:XAdESSignatures xmlns:asic=\"" +
         std::string(kAsicNamespace) + "\"><ds:Signature xmlns:ds=\"" + std::string(kDsNamespace) +
         "\" Id=\"" + prepared.id + "\">" + seal.signed_info +
         SignatureValueElement(prepared, seal) + "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>" +
         base::Base64Encode(prepared.certificate) +
         "</ds:X509Certificate></ds:X509Data></ds:KeyInfo><ds:Object>"
         "<xades:QualifyingProperties xmlns:xades=\"" +
         std::string(kXadesNamespace) + "\" Target=\"#" + prepared.id + "\">" +
         prepared.signed_properties + UnsignedProperties(prepared, evidence) +
         "</xades:QualifyingProperties></ds:Object></ds:Signature></asic:XAdESSignatures>";
}

}  // namespace signing
