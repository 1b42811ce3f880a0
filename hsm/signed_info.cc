#include "hsm/signed_info.h"

#include <algorithm>
#include <array>
#include <initializer_list>
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
constexpr std::string_view kEnvelopedTransform =
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
constexpr std::string_view kBase64Transform = "http://www.w3.org/2000/09/xmldsig#base64";

struct KindTraits {
  ReferenceKind kind;
  std::string_view name;
  std::string_view type;                       // Empty: none.
  std::array<std::string_view, 2> transforms;  // Empty ones are none.
  bool (*takes)(std::string_view uri);
};
bool IsEmpty(std::string_view uri) {
  return uri.empty();
}
constexpr auto kKinds = std::to_array<KindTraits>({
    {ReferenceKind::kDocument, "document", "", {}, IsRelativePath},
    {ReferenceKind::kSignedProperties,
     "signed-properties",
     "http://uri.etsi.org/01903#SignedProperties",
     {kExclusiveC14n},
     IsSameDocumentUri},
    {ReferenceKind::kEnveloped, "enveloped", "", {kEnvelopedTransform, kExclusiveC14n}, IsEmpty},
    {ReferenceKind::kObject,
     "object",
     "http://www.w3.org/2000/09/xmldsig#Object",
     {kBase64Transform},
     IsSameDocumentUri},
    {ReferenceKind::kCountersigned,
     "countersigned",
     "http://uri.etsi.org/01903#CountersignedSignature",
     {kExclusiveC14n},
     IsSameDocumentUri},
});

const KindTraits& TraitsOf(ReferenceKind kind) {
  return *std::ranges::find(kKinds, kind, &KindTraits::kind);
}

base::Error Malformed(std::string message) {
  return {base::ErrorCode::kInvalidInput, "seal.malformed", std::move(message)};
}

base::Status CheckReference(const Reference& reference) {
  if (!reference.id.empty() && !IsNcName(reference.id))
    return Malformed("a reference's Id is no NCName");
  const KindTraits& traits = TraitsOf(reference.kind);
  if (traits.takes(reference.uri)) return base::Ok();
  return Malformed("the URI of a reference is not that of a reference of kind " +
                   std::string(traits.name));
}

void Append(std::string& xml, std::initializer_list<std::string_view> pieces) {
  for (const std::string_view piece : pieces) xml += piece;
}

// XML-C14N 1.0, 2.2: empty elements as start and end tag, attributes in double quotes.
void AppendAlgorithm(std::string_view element, std::string_view uri, std::string& xml) {
  Append(xml, {"<ds:", element, " Algorithm=\"", uri, "\"></ds:", element, ">"});
}

void AppendReference(const Reference& reference, std::string& xml) {
  // Attributes without a namespace come in the order of their names: Id, Type, URI.
  xml += "<ds:Reference";
  if (!reference.id.empty()) Append(xml, {" Id=\"", reference.id, "\""});
  const KindTraits& traits = TraitsOf(reference.kind);
  if (!traits.type.empty()) Append(xml, {" Type=\"", traits.type, "\""});
  Append(xml, {" URI=\"", reference.uri, "\">"});
  if (!traits.transforms.front().empty()) {
    xml += "<ds:Transforms>";
    for (const std::string_view transform : traits.transforms)
      if (!transform.empty()) AppendAlgorithm("Transform", transform, xml);
    xml += "</ds:Transforms>";
  }
  AppendAlgorithm("DigestMethod", kSha256, xml);
  Append(xml, {"<ds:DigestValue>", base::Base64Encode(reference.digest.span()),
               "</ds:DigestValue></ds:Reference>"});
}

}  // namespace

std::string_view NameOf(ReferenceKind kind) {
  return TraitsOf(kind).name;
}

std::optional<ReferenceKind> FindReferenceKind(std::string_view name) {
  const auto row = std::ranges::find(kKinds, name, &KindTraits::name);
  if (row == kKinds.end()) return std::nullopt;
  return row->kind;
}

base::Status CheckReferences(std::span<const Reference> references) {
  if (references.size() < kMinReferences || references.size() > kMaxReferences)
    return Malformed("a seal has 2 to 1,000 references, not " + std::to_string(references.size()));
  if (std::ranges::count(references, ReferenceKind::kSignedProperties, &Reference::kind) != 1)
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
  constexpr std::size_t kUsual = 512;  // Of a reference, and of all the rest.
  std::string xml;
  xml.reserve(kUsual * (1 + references.size()));
  Append(xml, {"<ds:SignedInfo xmlns:ds=\"", kDsNamespace, "\">"});
  AppendAlgorithm("CanonicalizationMethod", kExclusiveC14n, xml);
  AppendAlgorithm("SignatureMethod", AlgorithmUri(algorithm), xml);
  for (const Reference& reference : references) AppendReference(reference, xml);
  xml += "</ds:SignedInfo>";
  return xml;
}

}  // namespace hsm
