#include "signing/timestamp_imprint.h"

#include <algorithm>
#include <array>
#include <set>

#include "signing/xml_names.h"

namespace signing {
namespace {

using Imprint = std::optional<bool>;

// Without CanonicalizationMethod: Canonical XML 1.0 (measured on real signatures). nullopt for
// a method that is none of ours.
std::optional<Canonicalization> CanonicalizationOf(const xmlNode* timestamp) {
  const xmlNode* method = FindChild(timestamp, kDsig, "CanonicalizationMethod");
  const bool stated = method != nullptr && AttributeOf(method, "Algorithm").value_or("") != "";
  return stated ? CanonicalizationOfElement(method) : DefaultCanonicalization();
}

std::string KeyOf(const DigestAlgorithm& algorithm, const Canonicalization& how) {
  std::string key = std::string(algorithm.name) + " " + std::to_string(how.mode) +
                    (how.comments ? " with comments" : "");
  for (const std::string& prefix : how.prefixes) key += " " + prefix;
  return key;
}

// What a time-stamp over the value and the references to validation data is also over, by the
// names of its two editions (EN 319 132-1, A.1.5.1 and A.1.5.2).
constexpr std::array<std::string_view, 8> kReferenceProperties{
    "CompleteCertificateRefs",  "CompleteCertificateRefsV2",  "CompleteRevocationRefs",
    "AttributeCertificateRefs", "AttributeCertificateRefsV2", "AttributeRevocationRefs",
    "CompleteRevocationRefsV2", "AttributeRevocationRefsV2"};

bool HoldsQualifyingProperties(const xmlNode* object) {
  for (const xmlNode* node = FirstElement(object); node != nullptr; node = NextElement(node))
    if (NameOf(node) == "QualifyingProperties" && IsXades(NamespaceOf(node))) return true;
  return false;
}

// The Ids that the xades:Include elements of an IndividualDataObjectsTimeStamp name; nullopt
// when one of them is over something else than the data of a reference.
std::optional<std::set<std::string>> IncludedReferences(const xmlNode* timestamp) {
  std::set<std::string> ids;
  for (const xmlNode* node = FirstElement(timestamp); node != nullptr; node = NextElement(node)) {
    if (NameOf(node) != "Include") continue;
    const std::string uri = AttributeOf(node, "URI").value_or("");
    if (AttributeOf(node, "referencedData").value_or("false") != "true" || !uri.starts_with('#'))
      return std::nullopt;
    ids.insert(uri.substr(1));
  }
  return ids;
}

bool HasIncludes(const xmlNode* timestamp) {
  for (const xmlNode* node = FirstElement(timestamp); node != nullptr; node = NextElement(node))
    if (NameOf(node) == "Include" || NameOf(node) == "ReferenceInfo" ||
        NameOf(node) == "HashDataInfo")
      return true;
  return false;
}

Imprint Compare(const TimestampToken& token, Hasher hasher) {
  return token.ImprintIs(std::move(hasher).Finish());
}

}  // namespace

base::Result<Imprint> TimestampImprints::Check(const TimestampElement& element,
                                               const TimestampToken& token) {
  const auto how = CanonicalizationOf(element.node);
  if (!how || token.imprint_algorithm == nullptr) return Imprint();
  switch (element.kind) {
    case TimestampKind::kContent: return CheckContent(element, token, *how);
    case TimestampKind::kArchive: return CheckArchive(element, token, *how);
    case TimestampKind::kSignature:
    case TimestampKind::kReferences:
    case TimestampKind::kReferencesOnly: return CheckOverValue(element, token, *how);
  }
  return Imprint();
}

base::Result<std::optional<base::Bytes>> TimestampImprints::Next(TimestampKind kind,
                                                                 const DigestAlgorithm& algorithm,
                                                                 const Canonicalization& how) {
  if (kind == TimestampKind::kSignature) {
    const xmlNode* value = FindChild(signature_, kDsig, "SignatureValue");
    if (value == nullptr) return std::optional<base::Bytes>();
    Hasher hasher(algorithm);
    RETURN_IF_ERROR(AddElement(value, how, hasher));
    return std::optional(std::move(hasher).Finish());
  }
  ASSIGN_OR_RETURN(Beginning * beginning, BeginningOf(algorithm, how));
  if (!beginning->complete) return std::optional<base::Bytes>();
  Hasher hasher = beginning->hasher.Clone();
  for (std::size_t i = beginning->properties; i < properties_.unsigned_properties.size(); ++i)
    RETURN_IF_ERROR(AddElement(properties_.unsigned_properties[i], how, hasher));
  RETURN_IF_ERROR(AddObjects(how, false, hasher));
  return std::optional(std::move(hasher).Finish());
}

// EN 319 132-1, 5.2.8.1 and 5.2.8.2.
base::Result<Imprint> TimestampImprints::CheckContent(const TimestampElement& element,
                                                      const TimestampToken& token,
                                                      const Canonicalization& how) {
  const bool individual = NameOf(element.node) == "IndividualDataObjectsTimeStamp";
  const auto included = IncludedReferences(element.node);
  if (individual && (!included || included->empty())) return Imprint();
  Hasher hasher(*token.imprint_algorithm);
  std::size_t taken = 0;
  for (const Reference& reference : references_) {
    const bool own = reference.covered.element != nullptr &&
                     reference.covered.element == properties_.signed_properties;
    if (own || (individual && !included->contains(reference.id))) continue;
    ASSIGN_OR_RETURN(const bool complete, AddReference(reference, how, hasher));
    if (!complete) return Imprint();
    ++taken;
  }
  if (individual && taken != included->size()) return Imprint();
  return Compare(token, std::move(hasher));
}

base::Result<Imprint> TimestampImprints::CheckOverValue(const TimestampElement& element,
                                                        const TimestampToken& token,
                                                        const Canonicalization& how) {
  const xmlNode* value = FindChild(signature_, kDsig, "SignatureValue");
  if (value == nullptr) return Imprint();
  // EN 319 132-1, 5.3 leaves no room for Include in a SignatureTimeStamp that is read as its
  // default; one that names just the value is over the same bytes.
  Hasher hasher(*token.imprint_algorithm);
  if (element.kind != TimestampKind::kReferencesOnly)
    RETURN_IF_ERROR(AddElement(value, how, hasher));
  if (element.kind != TimestampKind::kSignature) {
    if (HasIncludes(element.node)) return Imprint();
    for (const xmlNode* property : properties_.unsigned_properties) {
      if (property == element.node) break;
      const bool stamp =
          element.kind == TimestampKind::kReferences && NameOf(property) == "SignatureTimeStamp";
      const bool refers =
          std::ranges::find(kReferenceProperties, NameOf(property)) != kReferenceProperties.end();
      if (stamp || refers) RETURN_IF_ERROR(AddElement(property, how, hasher));
    }
  }
  return Compare(token, std::move(hasher));
}

// EN 319 132-1, 5.5.2.2. The order is that of real signatures: the data of each reference,
// SignedInfo, SignatureValue, KeyInfo, the unsigned properties before this one, ds:Objects.
base::Result<Imprint> TimestampImprints::CheckArchive(const TimestampElement& element,
                                                      const TimestampToken& token,
                                                      const Canonicalization& how) {
  if (HasIncludes(element.node)) return Imprint();
  ASSIGN_OR_RETURN(Beginning * beginning, BeginningOf(*token.imprint_algorithm, how));
  if (!beginning->complete) return Imprint();
  const auto& properties = properties_.unsigned_properties;
  while (beginning->properties < element.position) {
    RETURN_IF_ERROR(AddElement(properties.at(beginning->properties), how, beginning->hasher));
    ++beginning->properties;
  }
  // The editions differ about objects that a reference covers: those are covered either way.
  for (const bool unreferenced_only : {false, true}) {
    Hasher hasher = beginning->hasher.Clone();
    RETURN_IF_ERROR(AddObjects(how, unreferenced_only, hasher));
    const Imprint fits = Compare(token, std::move(hasher));
    if (fits.value_or(false)) return fits;
  }
  return Imprint(false);
}

base::Result<TimestampImprints::Beginning*> TimestampImprints::BeginningOf(
    const DigestAlgorithm& algorithm, const Canonicalization& how) {
  const std::string key = KeyOf(algorithm, how);
  const auto known = beginnings_.find(key);
  if (known != beginnings_.end()) return &known->second;

  // Signatures over the same files share what those cost.
  std::vector<std::string> files;
  for (const Reference& reference : references_) {
    if (reference.covered.file.empty() || reference.has_transforms) break;
    if (files_.KnownDigest(reference.covered.file, algorithm)) break;
    files.push_back(reference.covered.file);
  }
  ASSIGN_OR_RETURN(Hasher hasher, files_.HashOf(files, algorithm));
  Beginning beginning{std::move(hasher)};
  for (std::size_t i = files.size(); i < references_.size() && beginning.complete; ++i) {
    ASSIGN_OR_RETURN(beginning.complete, AddReference(references_[i], how, beginning.hasher));
  }
  for (const std::string_view name : {"SignedInfo", "SignatureValue", "KeyInfo"})
    for (const xmlNode* node : FindChildren(signature_, kDsig, name))
      RETURN_IF_ERROR(AddElement(node, how, beginning.hasher));
  return &beginnings_.emplace(key, std::move(beginning)).first->second;
}

base::Status TimestampImprints::AddObjects(const Canonicalization& how, bool unreferenced_only,
                                           Hasher& hasher) {
  for (const xmlNode* object : FindChildren(signature_, kDsig, "Object")) {
    if (HoldsQualifyingProperties(object)) continue;
    const bool referenced = std::ranges::any_of(references_, [&](const Reference& reference) {
      return reference.covered.element == object;
    });
    if (!unreferenced_only || !referenced) RETURN_IF_ERROR(AddElement(object, how, hasher));
  }
  return base::Ok();
}

base::Result<bool> TimestampImprints::AddReference(const Reference& reference,
                                                   const Canonicalization& how, Hasher& hasher) {
  return WriteReferenceData(document_, signature_, reference.node, files_, how,
                            [&](base::ByteSpan piece) { hasher.Update(piece); });
}

base::Status TimestampImprints::AddElement(const xmlNode* element, const Canonicalization& how,
                                           Hasher& hasher) {
  const NodeSet nodes{.document = &document_, .apex = element, .comments = how.comments};
  return Canonicalize(nodes, how, [&](base::ByteSpan piece) { hasher.Update(piece); });
}

}  // namespace signing
