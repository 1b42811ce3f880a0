#include "signing/profile_schema.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "signing/xml_names.h"

namespace signing {
namespace {

// How `content` is meant: one part after the other, or each where it likes.
enum class Order { kSequence, kAnywhere };

// In `content` each word is an element of the same namespace, or of XMLDSIG behind "ds:", with
// "?" once at most, "*" as often as it likes, "+" at least once, nothing: once. "##other" allows
// elements of other namespaces.
struct Row {
  std::string_view space;
  std::string_view name;
  Order order;
  std::string_view content;
};

constexpr auto kSequence = Order::kSequence;
constexpr auto kAnywhere = Order::kAnywhere;
constexpr std::string_view kStamp =
    "Include* ReferenceInfo* ds:CanonicalizationMethod? EncapsulatedTimeStamp* XMLTimeStamp*";

constexpr auto kRows = std::to_array<Row>({
    {kDsig, "Signature", kSequence, "SignedInfo SignatureValue KeyInfo? Object*"},
    {kDsig, "SignedInfo", kSequence, "CanonicalizationMethod SignatureMethod Reference+"},
    {kDsig, "Reference", kSequence, "Transforms? DigestMethod DigestValue"},
    {kDsig, "Transforms", kSequence, "Transform+"},
    {kDsig, "Manifest", kSequence, "Reference+"},
    {kDsig, "SignatureProperties", kSequence, "SignatureProperty+"},
    {kDsig, "SignatureValue", kSequence, ""},
    {kDsig, "DigestValue", kSequence, ""},
    {kDsig, "X509Certificate", kSequence, ""},

    {kXades132, "QualifyingProperties", kSequence, "SignedProperties? UnsignedProperties?"},
    {kXades132, "SignedProperties", kSequence,
     "SignedSignatureProperties? SignedDataObjectProperties?"},
    {kXades132, "SignedSignatureProperties", kAnywhere,
     "SigningTime? SigningCertificate? SigningCertificateV2? SignaturePolicyIdentifier? "
     "SignatureProductionPlace? SignatureProductionPlaceV2? SignerRole? SignerRoleV2? ##other"},
    {kXades132, "SignedDataObjectProperties", kAnywhere,
     "DataObjectFormat* CommitmentTypeIndication* AllDataObjectsTimeStamp* "
     "IndividualDataObjectsTimeStamp* ##other"},
    {kXades132, "SigningCertificate", kSequence, "Cert+"},
    {kXades132, "SigningCertificateV2", kSequence, "Cert+"},
    {kXades132, "Cert", kSequence, "CertDigest IssuerSerial? IssuerSerialV2?"},
    {kXades132, "CertDigest", kSequence, "ds:DigestMethod ds:DigestValue"},
    {kXades132, "IssuerSerial", kSequence, "ds:X509IssuerName ds:X509SerialNumber"},
    {kXades132, "SignaturePolicyIdentifier", kAnywhere,
     "SignaturePolicyId? SignaturePolicyImplied?"},
    {kXades132, "DataObjectFormat", kSequence,
     "Description? ObjectIdentifier? MimeType? Encoding?"},
    {kXades132, "AllDataObjectsTimeStamp", kSequence, kStamp},
    {kXades132, "IndividualDataObjectsTimeStamp", kSequence, kStamp},
    {kXades132, "UnsignedProperties", kSequence,
     "UnsignedSignatureProperties? UnsignedDataObjectProperties?"},
    {kXades132, "UnsignedSignatureProperties", kAnywhere,
     "CounterSignature* SignatureTimeStamp* CompleteCertificateRefs* CompleteRevocationRefs* "
     "AttributeCertificateRefs* AttributeRevocationRefs* SigAndRefsTimeStamp* "
     "RefsOnlyTimeStamp* CertificateValues* RevocationValues* AttrAuthoritiesCertValues* "
     "AttributeRevocationValues* ArchiveTimeStamp* ##other"},
    {kXades132, "CounterSignature", kSequence, "ds:Signature"},
    {kXades132, "SignatureTimeStamp", kSequence, kStamp},
    {kXades132, "SigAndRefsTimeStamp", kSequence, kStamp},
    {kXades132, "RefsOnlyTimeStamp", kSequence, kStamp},
    {kXades132, "ArchiveTimeStamp", kSequence, kStamp},
    {kXades132, "CertificateValues", kAnywhere, "EncapsulatedX509Certificate* OtherCertificate*"},
    {kXades132, "RevocationValues", kAnywhere, "CRLValues? OCSPValues? OtherValues?"},
    {kXades132, "OCSPValues", kSequence, "EncapsulatedOCSPValue*"},
    {kXades132, "CRLValues", kSequence, "EncapsulatedCRLValue*"},
    {kXades132, "EncapsulatedTimeStamp", kSequence, ""},
    {kXades132, "EncapsulatedX509Certificate", kSequence, ""},
    {kXades132, "EncapsulatedOCSPValue", kSequence, ""},
    {kXades132, "EncapsulatedCRLValue", kSequence, ""},
    {kXades132, "SigningTime", kSequence, ""},
});

struct Part {
  std::string_view space;
  std::string_view name;
  std::size_t least = 1;
  std::size_t most = 1;
};

struct Model {
  Order order = kSequence;
  std::vector<Part> parts;
  bool others = false;
};

constexpr std::size_t kAnyNumber = ~std::size_t{0};

Model Compile(const Row& row) {
  Model model{row.order, {}, false};
  std::string_view rest = row.content;
  while (!rest.empty()) {
    std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    if (word == "##other") {
      model.others = true;
      continue;
    }
    Part part{row.space, {}, 1, 1};
    if (word.starts_with("ds:")) {
      part.space = kDsig;
      word.remove_prefix(3);
    }
    const char last = word.back();
    if (last == '?' || last == '*') part.least = 0;
    if (last == '+' || last == '*') part.most = kAnyNumber;
    if (last == '?' || last == '*' || last == '+') word.remove_suffix(1);
    part.name = word;
    model.parts.push_back(part);
  }
  return model;
}

const Model* FindModel(const xmlNode* element) {
  static const auto kModels = [] {
    std::map<std::pair<std::string_view, std::string_view>, Model> all;
    for (const Row& row : kRows) all.emplace(std::pair{row.space, row.name}, Compile(row));
    return all;
  }();
  const auto found = kModels.find({NamespaceOf(element), NameOf(element)});
  return found == kModels.end() ? nullptr : &found->second;
}

std::optional<std::string> CheckChildren(const xmlNode* element, const Model& model) {
  std::vector<std::size_t> counts(model.parts.size());
  std::size_t place = 0;
  for (const xmlNode* child = FirstElement(element); child != nullptr; child = NextElement(child)) {
    const std::string_view name = NameOf(child);
    const std::string_view space = NamespaceOf(child);
    const auto found = std::ranges::find_if(
        model.parts, [&](const Part& part) { return part.name == name && part.space == space; });
    if (found == model.parts.end()) {
      if (model.others && space != NamespaceOf(element)) continue;
      return std::string(name) + " does not belong there";
    }
    const auto index = static_cast<std::size_t>(found - model.parts.begin());
    if (model.order == kSequence && index < place) return std::string(name) + " is out of order";
    place = index;
    if (++counts[index] > found->most) return "several " + std::string(name);
  }
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] < model.parts[i].least) return "no " + std::string(model.parts[i].name);
  return std::nullopt;
}

// The next element in document order, past signatures inside this one.
const xmlNode* Following(const xmlNode* node, const xmlNode* signature) {
  const bool skip = node != signature && IsElement(node, kDsig, "Signature");
  if (!skip)
    if (const xmlNode* child = FirstElement(node)) return child;
  while (node != signature) {
    if (const xmlNode* next = NextElement(node)) return next;
    node = node->parent;
  }
  return nullptr;
}

}  // namespace

std::optional<std::string> FindSchemaViolation(const xmlNode* signature) {
  for (const xmlNode* node = signature; node != nullptr; node = Following(node, signature)) {
    if (node != signature && IsElement(node, kDsig, "Signature")) continue;
    const Model* model = FindModel(node);
    if (model == nullptr) continue;
    if (auto reason = CheckChildren(node, *model))
      return std::string(NameOf(node)) + ": " + *reason;
  }
  return std::nullopt;
}

}  // namespace signing
