#include "hsm/signed_info.h"

#include <algorithm>
#include <set>

#include "base/base64.h"
#include "hsm/reference_uri.h"

namespace hsm {
namespace {

constexpr std::size_t kMinReferences = 2;
constexpr std::size_t kMaxReferences = 1000;

constexpr std::string_view kDsNamespace = "http://www.w3.org/2000/09/xmldsig#";
constexpr std::string_view kExclusiveC14n = "http://www.w3.org/2001/10/xml-exc-c14n#";
constexpr std::string_view kSha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
constexpr std::string_view kSignedPropertiesType = "http://uri.etsi.org/01903#SignedProperties";

base::Error Malformed(std::string message) {
  return {base::ErrorCode::kInvalidInput, "seal.malformed", std::move(message)};
}

base::Status CheckReference(const Reference& reference) {
  if (!reference.id.empty() && !IsNcName(reference.id))
    return Malformed("a reference's Id is no NCName");
  if (reference.signed_properties && !IsSameDocumentUri(reference.uri))
    return Malformed("the SignedProperties are not named by '#' and an Id");
  if (!IsSameDocumentUri(reference.uri) && !IsRelativePath(reference.uri))
    return Malformed("a reference's URI is neither '#' and an Id nor a relative path");
  return base::Ok();
}

// XML-C14N 1.0, 2.2: empty elements as start and end tag, attributes in double quotes.
std::string Algorithm(std::string_view element, std::string_view uri) {
  return "<ds:" + std::string(element) + " Algorithm=\"" + std::string(uri) +
         "\"></ds:" + std::string(element) + ">";
}

std::string Serialise(const Reference& reference) {
  // Attributes without a namespace come in the order of their names: Id, Type, URI.
  std::string xml = "<ds:Reference";
  if (!reference.id.empty()) xml += " Id=\"" + reference.id + "\"";
  if (reference.signed_properties) xml += " Type=\"" + std::string(kSignedPropertiesType) + "\"";
  xml += " URI=\"" + reference.uri + "\">";
  if (reference.signed_properties)
    xml += "<ds:Transforms>" + Algorithm("Transform", kExclusiveC14n) + "</ds:Transforms>";
  xml += Algorithm("DigestMethod", kSha256);
  xml += "<ds:DigestValue>" + base::Base64Encode(reference.digest.span()) + "</ds:DigestValue>";
  return xml + "</ds:Reference>";
}

}  // namespace

base::Status CheckReferences(std::span<const Reference> references) {
  if (references.size() < kMinReferences || references.size() > kMaxReferences)
    return Malformed("a seal has 2 to 1,000 references, not " + std::to_string(references.size()));
  if (std::ranges::count(references, true, &Reference::signed_properties) != 1)
    return Malformed("a seal has exactly one reference to SignedProperties");
  std::set<std::string_view> ids;
  std::set<std::string_view> uris;
  for (const Reference& reference : references) {
    RETURN_IF_ERROR(CheckReference(reference));
    if (!reference.id.empty() && !ids.insert(reference.id).second)
      return Malformed("two references carry the same Id");
    if (!uris.insert(reference.uri).second) return Malformed("two references name the same URI");
  }
  return base::Ok();
}

std::string SerialiseSignedInfo(SignatureAlgorithm algorithm,
                                std::span<const Reference> references) {
  std::string xml = "<ds:SignedInfo xmlns:ds=\"" + std::string(kDsNamespace) + "\">";
  xml += Algorithm("CanonicalizationMethod", kExclusiveC14n);
  xml += Algorithm("SignatureMethod", AlgorithmUri(algorithm));
  for (const Reference& reference : references) xml += Serialise(reference);
  return xml + "</ds:SignedInfo>";
}

}  // namespace hsm
