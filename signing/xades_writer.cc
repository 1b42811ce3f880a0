#include "signing/xades_writer.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/base64.h"
#include "base/utf8.h"
#include "signing/xml_text.h"

namespace signing {
namespace {

constexpr std::string_view kDsNamespace = "http://www.w3.org/2000/09/xmldsig#";
constexpr std::string_view kXadesNamespace = "http://uri.etsi.org/01903/v1.3.2#";
constexpr std::string_view kAsicNamespace = "http://uri.etsi.org/02918/v1.2.1#";
constexpr std::string_view kSha256 = "http://www.w3.org/2001/04/xmlenc#sha256";

// EN 319 132-1, 5.2.3, and TS 119 172-1, annex B.
struct CommitmentRow {
  std::string_view name;
  std::string_view uri;
};
constexpr auto kCommitments = std::to_array<CommitmentRow>({
    {"origin", "http://uri.etsi.org/01903/v1.2.2#ProofOfOrigin"},
    {"receipt", "http://uri.etsi.org/01903/v1.2.2#ProofOfReceipt"},
    {"delivery", "http://uri.etsi.org/01903/v1.2.2#ProofOfDelivery"},
    {"sender", "http://uri.etsi.org/01903/v1.2.2#ProofOfSender"},
    {"approval", "http://uri.etsi.org/01903/v1.2.2#ProofOfApproval"},
    {"creation", "http://uri.etsi.org/01903/v1.2.2#ProofOfCreation"},
});

std::string SignedPropertiesId(std::string_view id) {
  return std::string(id) + "-SignedProperties";
}

std::string Element(std::string_view name, std::string_view text) {
  if (text.empty()) return {};
  return "<xades:" + std::string(name) + ">" + EscapeText(text) + "</xades:" + std::string(name) +
         ">";
}

// Made in one piece: what is added to bit by bit is moved about.
std::string Join(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  std::string out;
  out.reserve(size);
  for (const std::string_view part : parts) out += part;
  return out;
}

std::string ReferenceId(std::string_view id, std::size_t index) {
  return std::string(id) + "-ref-" + std::to_string(index + 1);
}

// In exclusive canonical form a namespace stands on each outermost element that uses it:
// here on every ds: element, because SignedProperties itself uses only xades:.
std::string DigestAndValue(const base::Sha256Digest& digest) {
  return Join({"<ds:DigestMethod xmlns:ds=\"", kDsNamespace, "\" Algorithm=\"", kSha256,
               "\"></ds:DigestMethod><ds:DigestValue xmlns:ds=\"", kDsNamespace, "\">",
               base::Base64Encode(digest.bytes), "</ds:DigestValue>"});
}

// EN 319 132-1, 5.2.4: DataObjectFormat with MimeType for each signed document; 6.3: none for a
// signature that only countersigns.
std::string DataObjectFormats(const SignatureParameters& parameters) {
  std::string out;
  for (std::size_t i = 0; i < parameters.documents.size(); ++i) {
    if (parameters.documents[i].kind == hsm::ReferenceKind::kCountersigned) continue;
    out += "<xades:DataObjectFormat ObjectReference=\"#" + ReferenceId(parameters.id, i) + "\">" +
           Element("MimeType", parameters.documents[i].media_type) + "</xades:DataObjectFormat>";
  }
  return out;
}

// EN 319 132-1, 5.2.9.
std::string PolicyIdentifier(const SignerClaims& claims) {
  if (claims.policy.empty()) return {};
  return "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId><xades:SigPolicyId>"
         "<xades:Identifier Qualifier=\"OIDAsURN\">urn:oid:" +
         claims.policy + "</xades:Identifier></xades:SigPolicyId><xades:SigPolicyHash>" +
         DigestAndValue(claims.policy_sha256) +
         "</xades:SigPolicyHash></xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>";
}

// EN 319 132-1, 5.2.5 and 5.2.6.
std::string PlaceAndRole(const SignerClaims& claims) {
  std::string out;
  if (!claims.city.empty() || !claims.country.empty())
    out += "<xades:SignatureProductionPlaceV2>" + Element("City", claims.city) +
           Element("CountryName", claims.country) + "</xades:SignatureProductionPlaceV2>";
  if (!claims.role.empty())
    out += "<xades:SignerRoleV2><xades:ClaimedRoles>" + Element("ClaimedRole", claims.role) +
           "</xades:ClaimedRoles></xades:SignerRoleV2>";
  return out;
}

// EN 319 132-1, 5.2.3: over all that is signed.
std::string Commitment(const SignerClaims& claims) {
  const auto* const row = std::ranges::find(kCommitments, claims.commitment, &CommitmentRow::name);
  if (row == kCommitments.end()) return {};
  return "<xades:CommitmentTypeIndication><xades:CommitmentTypeId>" +
         Element("Identifier", row->uri) +
         "</xades:CommitmentTypeId><xades:AllSignedDataObjects></xades:AllSignedDataObjects>"
         "</xades:CommitmentTypeIndication>";
}

std::string SignedProperties(const SignatureParameters& parameters) {
  const std::string of_data = DataObjectFormats(parameters) + Commitment(parameters.claims);
  return Join(
      {"<xades:SignedProperties xmlns:xades=\"", kXadesNamespace, "\" Id=\"",
       SignedPropertiesId(parameters.id), "\"><xades:SignedSignatureProperties><xades:SigningTime>",
       base::FormatTime(parameters.signing_time),
       "</xades:SigningTime><xades:SigningCertificateV2><xades:Cert><xades:CertDigest>",
       DigestAndValue(base::Sha256(parameters.certificate)),
       "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>",
       PolicyIdentifier(parameters.claims), PlaceAndRole(parameters.claims),
       "</xades:SignedSignatureProperties>",
       of_data.empty() ? "" : "<xades:SignedDataObjectProperties>", of_data,
       of_data.empty() ? "" : "</xades:SignedDataObjectProperties>", "</xades:SignedProperties>"});
}

std::string ObjectElement(const SealedSignature& signature) {
  if (signature.object.empty()) return {};
  return "<ds:Object Encoding=\"http://www.w3.org/2000/09/xmldsig#base64\" Id=\"" +
         ObjectId(signature.prepared.id) + "\">" + base::Base64Encode(signature.object) +
         "</ds:Object>";
}

bool IsUnreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

base::Status CheckDocument(const DocumentDigest& document) {
  if (document.kind == hsm::ReferenceKind::kCountersigned) return base::Ok();
  if (document.kind == hsm::ReferenceKind::kDocument && !IsDocumentName(document.name))
    return base::Error{base::ErrorCode::kInvalidInput, "document.bad-name",
                       "a document name that cannot be a path of a container"};
  if (!IsMediaType(document.media_type))
    return base::Error{base::ErrorCode::kInvalidInput, "document.bad-media-type",
                       "not a type/subtype: " + document.media_type.substr(0, 80)};
  return base::Ok();
}

bool IsDottedOid(std::string_view text) {
  return text.size() <= 128 && text.find("..") == std::string_view::npos &&
         text.find('.') != std::string_view::npos && text.front() != '.' && text.back() != '.' &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

base::Status CheckClaims(const SignerClaims& claims) {
  constexpr std::size_t kLongest = 1000;
  const auto fits = [](std::string_view text) {
    return text.size() <= kLongest && IsXmlText(text);
  };
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const bool country = claims.country.empty() ||
                       (claims.country.size() == 2 && std::ranges::all_of(claims.country, upper));
  const bool commitment =
      claims.commitment.empty() || std::ranges::find(kCommitments, claims.commitment,
                                                     &CommitmentRow::name) != kCommitments.end();
  const bool policy = claims.policy.empty() || IsDottedOid(claims.policy);
  if (fits(claims.role) && fits(claims.city) && country && commitment && policy) return base::Ok();
  return base::Error{base::ErrorCode::kInvalidInput, "claims.malformed",
                     "role, place, commitment or policy"};
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
  RETURN_IF_ERROR(CheckClaims(parameters.claims));
  PreparedSignature prepared;
  prepared.id = parameters.id;
  prepared.certificate.assign(parameters.certificate.begin(), parameters.certificate.end());
  for (std::size_t i = 0; i < parameters.documents.size(); ++i) {
    const DocumentDigest& document = parameters.documents[i];
    RETURN_IF_ERROR(CheckDocument(document));
    const bool is_file = document.kind == hsm::ReferenceKind::kDocument;
    prepared.references.push_back(
        {.id = ReferenceId(parameters.id, i),
         .uri = is_file ? PercentEncodePath(document.name) : document.name,
         .kind = document.kind,
         .digest = document.sha256});
  }
  prepared.signed_properties = SignedProperties(parameters);
  prepared.references.push_back(
      {.id = parameters.id + "-ref-SignedProperties",
       .uri = "#" + SignedPropertiesId(parameters.id),
       .kind = hsm::ReferenceKind::kSignedProperties,
       .digest = base::Sha256(base::AsBytes(prepared.signed_properties))});
  return prepared;
}

std::string ObjectId(std::string_view signature_id) {
  return std::string(signature_id) + "-Object";
}

std::string WriteSignature(const SealedSignature& signature) {
  const PreparedSignature& prepared = signature.prepared;
  return Join({"<ds:Signature xmlns:ds=\"",
               kDsNamespace,
               "\" Id=\"",
               prepared.id,
               "\">",
               signature.seal.signed_info,
               "<ds:SignatureValue Id=\"",
               prepared.id,
               "-SignatureValue\">",
               base::Base64Encode(signature.seal.value),
               "</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>",
               base::Base64Encode(prepared.certificate),
               "</ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
               ObjectElement(signature),
               "<ds:Object><xades:QualifyingProperties xmlns:xades=\"",
               kXadesNamespace,
               "\" Target=\"#",
               prepared.id,
               "\">",
               prepared.signed_properties,
               "</xades:QualifyingProperties></ds:Object></ds:Signature>"});
}

std::string WriteSignatureFile(const SealedSignature& signature) {
  return Join({"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<asic:XAdESSignatures xmlns:asic=\"",
               kAsicNamespace, "\">", WriteSignature(signature), "</asic:XAdESSignatures>"});
}

}  // namespace signing
