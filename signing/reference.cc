#include "signing/reference.h"

#include <array>
#include <utility>
#include <variant>

#include "base/base64.h"
#include "signing/canonical.h"
#include "signing/xml_names.h"
#include "signing/xpath_forms.h"

namespace signing {
namespace {

constexpr std::string_view kEnveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
constexpr std::string_view kBase64 = "http://www.w3.org/2000/09/xmldsig#base64";
// XMLDSIG 1.1, 4.4.3.2: the one XPointer that is no element.
constexpr std::string_view kWholeDocument = "#xpointer(/)";
constexpr std::size_t kMaxTransforms = 8;
constexpr std::size_t kMaxParsedFile = std::size_t{32} << 20U;

struct FileOctets {
  std::string name;
};
// What flows between transforms: a file not yet read, octets, or nodes.
using Flow = std::variant<FileOctets, base::Bytes, NodeSet>;

std::string WithoutSpaces(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') out.push_back(c);
  return out;
}

// XMLDSIG 1.1, 4.4.3.1: a reference that says it is to a ds:Object or ds:Manifest must be to
// one of its own signature. One that was moved under something else, with a forgery in its
// place, is not the data that a reader sees.
bool IsInItsPlace(const Reference& reference, const xmlNode* signature) {
  const xmlNode* element = reference.covered.element;
  if (reference.type == kObjectType)
    return element->parent == signature && NamespaceOf(element) == kDsig;  // KeyInfo as well.
  if (reference.type == kManifestType)
    return IsElement(element, kDsig, "Manifest") && IsElement(element->parent, kDsig, "Object") &&
           element->parent->parent == signature;
  return true;
}

// Carries the data of one reference through its transforms into the digest.
class Pipeline {
 public:
  Pipeline(const XmlDocument& document, const xmlNode* signature, SignedFiles& files,
           Reference& reference, TargetDigests& known)
      : document_(document),
        signature_(signature),
        files_(files),
        reference_(reference),
        known_(known) {}

  // Sets outcome and detail of the reference.
  base::Status Run(const std::vector<xmlNode*>& transforms, base::ByteSpan expected) {
    if (!Dereference()) return base::Ok();
    if (Fits(KnownDigest(transforms), expected)) return base::Ok();
    const std::string key = KeyOf(transforms);
    auto found = known_.find(key);
    if (key.empty() || found == known_.end()) {
      ASSIGN_OR_RETURN(const std::optional<base::Bytes> digest, Transformed(transforms));
      found = known_.insert_or_assign(key, Summary(digest)).first;
    }
    Take(found->second, expected);
    return base::Ok();
  }

  // False when there is no data.
  base::Result<bool> Write(const std::vector<xmlNode*>& transforms, const Canonicalization& how,
                           const TakeBytes& take) {
    if (!Dereference() || KnownDigest(transforms)) return false;
    for (const xmlNode* transform : transforms) {
      ASSIGN_OR_RETURN(const bool applied, Apply(transform));
      if (!applied) return false;
    }
    if (const auto* file = std::get_if<FileOctets>(&flow_))
      RETURN_IF_ERROR(files_.Stream(file->name, take));
    if (const auto* octets = std::get_if<base::Bytes>(&flow_)) take(*octets);
    if (const auto* nodes = std::get_if<NodeSet>(&flow_))
      RETURN_IF_ERROR(Canonicalize(*nodes, how, take));
    return true;
  }

 private:
  // Names the target and what is done to it. Empty when a transform has parameters, whose
  // meaning depends on the namespaces around them.
  std::string KeyOf(const std::vector<xmlNode*>& transforms) const {
    const Covered& covered = reference_.covered;
    constexpr char kEnd = '\0';  // In no name, URI or algorithm.
    std::string key = covered.file.empty() ? "#" + reference_.uri.value_or("") : "/" + covered.file;
    key.append(1, kEnd).append(reference_.algorithm->name);
    for (const xmlNode* transform : transforms) {
      if (FirstElement(transform) != nullptr) return {};
      key.append(1, kEnd).append(AttributeOf(transform, "Algorithm").value_or(""));
    }
    return key;
  }

  TargetDigest Summary(const std::optional<base::Bytes>& digest) const {
    return {reference_.covered, reference_.exact, reference_.file_sha256, digest,
            reference_.outcome, reference_.detail};
  }

  void Take(const TargetDigest& target, base::ByteSpan expected) {
    reference_.covered = target.covered;
    reference_.exact = target.exact;
    reference_.file_sha256 = target.file_sha256;
    reference_.outcome = target.outcome;
    reference_.detail = target.detail;
    if (target.digest) Judge(*target.digest, expected);
  }

  // The digest of what the transforms leave; nullopt when the outcome says why there is none.
  base::Result<std::optional<base::Bytes>> Transformed(const std::vector<xmlNode*>& transforms) {
    for (const xmlNode* transform : transforms) {
      ASSIGN_OR_RETURN(const bool applied, Apply(transform));
      if (applied) continue;
      Fail(ReferenceOutcome::kUnsupportedTransform,
           AttributeOf(transform, "Algorithm").value_or(""));
      return std::optional<base::Bytes>();
    }
    if (const auto* nodes = std::get_if<NodeSet>(&flow_))
      covers_nothing_ = covers_nothing_ || !CoversAnything(*nodes);
    if (covers_nothing_) {
      // Signing nothing under the name of something is a trick, not a signature.
      Fail(ReferenceOutcome::kMisplaced, reference_.uri.value_or(""));
      return std::optional<base::Bytes>();
    }
    ASSIGN_OR_RETURN(base::Bytes digest, Digest());
    return std::optional<base::Bytes>(std::move(digest));
  }

  // False when there is nothing to digest; the outcome says why.
  bool Dereference() {
    const auto& uri = reference_.uri;
    if (uri && uri->empty()) {
      reference_.covered.document = true;
      flow_ = NodeSet{.document = &document_};
      return true;
    }
    if (uri == kWholeDocument) {
      reference_.covered.document = true;
      flow_ = NodeSet{.document = &document_, .comments = true};
      return true;
    }
    if (uri && uri->starts_with('#')) return DereferenceFragment(std::string_view(*uri).substr(1));
    const auto name = files_.Resolve(uri);
    if (!name) return Fail(ReferenceOutcome::kNotFound, uri.value_or(""));
    reference_.covered.file = *name;
    flow_ = FileOctets{*name};
    return true;
  }

  // XMLDSIG 1.1, 4.4.3.2: a bare name, or #xpointer(id('ID')), which keeps comments.
  bool DereferenceFragment(std::string_view fragment) {
    constexpr std::string_view kStart = "xpointer(id('";
    constexpr std::string_view kEnd = "'))";
    const bool pointer = fragment.starts_with(kStart) && fragment.ends_with(kEnd) &&
                         fragment.size() > kStart.size() + kEnd.size();
    if (!pointer) return DereferenceElement(fragment);
    fragment.remove_prefix(kStart.size());
    fragment.remove_suffix(kEnd.size());
    if (!DereferenceElement(fragment)) return false;
    std::get<NodeSet>(flow_).comments = true;
    return true;
  }

  bool DereferenceElement(std::string_view id) {
    const std::vector<xmlNode*>& found = document_.FindById(id);
    if (found.empty()) return Fail(ReferenceOutcome::kNotFound, std::string(id));
    if (found.size() > 1) return Fail(ReferenceOutcome::kAmbiguous, std::string(id));
    reference_.covered.element = found[0];
    if (!IsInItsPlace(reference_, signature_))
      return Fail(ReferenceOutcome::kMisplaced, std::string(id));
    flow_ = NodeSet{.document = &document_, .apex = found[0]};
    return true;
  }

  bool Fail(ReferenceOutcome outcome, std::string detail) {
    reference_.outcome = outcome;
    reference_.detail = std::move(detail);
    return false;
  }

  // A digest that the owner of the file computed counts only for the file as it is.
  std::optional<base::Bytes> KnownDigest(const std::vector<xmlNode*>& transforms) const {
    const auto* file = std::get_if<FileOctets>(&flow_);
    if (file == nullptr) return std::nullopt;
    auto digest = files_.KnownDigest(file->name, *reference_.algorithm);
    if (digest && !transforms.empty()) return base::Bytes{};  // Cannot be compared.
    return digest;
  }

  bool Fits(const std::optional<base::Bytes>& digest, base::ByteSpan expected) {
    if (!digest) return false;
    if (digest->empty()) return !Fail(ReferenceOutcome::kNotFound, reference_.covered.file);
    reference_.file_sha256 = base::ToSha256Digest(*digest);  // No other is ever known.
    Judge(*digest, expected);
    return true;
  }

  void Judge(base::ByteSpan digest, base::ByteSpan expected) {
    reference_.outcome = base::EqualInConstantTime(digest, expected) ? ReferenceOutcome::kMatches
                                                                     : ReferenceOutcome::kDiffers;
  }

  // False when the transform is none that we run.
  base::Result<bool> Apply(const xmlNode* transform) {
    const std::string algorithm = AttributeOf(transform, "Algorithm").value_or("");
    if (const auto how = CanonicalizationOfElement(transform)) return ApplyCanonicalization(*how);
    reference_.exact = false;
    if (algorithm == kBase64) return ApplyBase64();
    if (algorithm == kEnveloped) return ApplyEnveloped();
    const auto form = RecognizeXPath(transform);
    if (!form) return false;
    return ApplyXPath(*form);
  }

  base::Result<bool> ApplyEnveloped() {
    auto* nodes = std::get_if<NodeSet>(&flow_);
    if (nodes == nullptr || nodes->document != &document_) return false;
    nodes->excluded = signature_;
    return true;
  }

  base::Result<bool> ApplyXPath(const XPathForm& form) {
    ASSIGN_OR_RETURN(const bool parsed, ParseOctets());
    if (!parsed) return false;
    auto& nodes = std::get<NodeSet>(flow_);
    if (form.kind == XPathForm::Kind::kWithoutSignatures ||
        form.kind == XPathForm::Kind::kWithoutRootSignatures) {
      nodes.without = form.kind == XPathForm::Kind::kWithoutSignatures ? SignatureFilter::kAll
                                                                       : SignatureFilter::kOfRoot;
      return true;
    }
    const std::vector<xmlNode*>& found = nodes.document->FindById(form.id);
    if (found.size() != 1) return false;
    // The expressions below select inside the whole document or inside that very element.
    if (nodes.apex != nullptr && nodes.apex != found[0]) return false;
    if (!Select(form.kind, found[0], nodes)) return false;
    reference_.covered.part = "#" + form.id;
    reference_.covered.document = false;
    if (nodes.document == &document_) reference_.covered.element = nodes.apex;
    return true;
  }

  bool Select(XPathForm::Kind kind, const xmlNode* element, NodeSet& nodes) {
    if (kind == XPathForm::Kind::kSignatureValue) {
      nodes.apex = element;
      return IsElement(element, kDsig, "SignatureValue");
    }
    if (kind == XPathForm::Kind::kChildrenOf) {
      nodes.apex = element;
      nodes.without_apex = true;
      return true;
    }
    const xmlNode* qualifying = FirstElement(element);
    const xmlNode* properties = qualifying == nullptr ? nullptr : FirstElement(qualifying);
    if (properties == nullptr || NameOf(qualifying) != "QualifyingProperties" ||
        NameOf(properties) != "SignedProperties" || !IsXades(NamespaceOf(properties)))
      return false;
    nodes.apex = properties;
    reference_.exact = true;
    return true;
  }

  base::Result<bool> ApplyCanonicalization(const Canonicalization& how) {
    ASSIGN_OR_RETURN(const bool parsed, ParseOctets());
    if (!parsed) return false;
    covers_nothing_ = covers_nothing_ || !CoversAnything(std::get<NodeSet>(flow_));
    ASSIGN_OR_RETURN(base::Bytes bytes, CanonicalBytes(std::get<NodeSet>(flow_), how));
    flow_ = std::move(bytes);
    return true;
  }

  // A canonicalization that meets octets reads them as a document of their own.
  // False when they are none.
  base::Result<bool> ParseOctets() {
    if (auto* file = std::get_if<FileOctets>(&flow_)) {
      base::Bytes content;
      bool fits = true;
      RETURN_IF_ERROR(files_.Stream(file->name, [&](base::ByteSpan piece) {
        fits = fits && content.size() + piece.size() <= kMaxParsedFile;
        if (fits) base::Append(piece, content);
      }));
      if (!fits) return false;
      RETURN_IF_ERROR(document_.budget()->Spend(CostOfBytes(content.size())));
      reference_.file_sha256 = base::Sha256(content);
      flow_ = std::move(content);
    }
    const auto* octets = std::get_if<base::Bytes>(&flow_);
    if (octets == nullptr) return true;
    auto parsed = XmlDocument::Parse(*octets, document_.budget());
    if (!parsed.ok() && parsed.error().reason == "xml.too-costly") return parsed.error();
    if (!parsed.ok()) return false;
    parsed_.push_back(std::make_unique<XmlDocument>(std::move(parsed).value()));
    flow_ = NodeSet{.document = parsed_.back().get(), .comments = true};
    return true;
  }

  // Decodes the text of an element, for enveloped data. A file is what it is: decoding it
  // would cover other bytes than those a reader sees.
  base::Result<bool> ApplyBase64() {
    const auto* nodes = std::get_if<NodeSet>(&flow_);
    if (nodes == nullptr || nodes->apex == nullptr) return false;
    // XMLDSIG 1.1, 6.6.2: the text of the node-set, all elements stripped.
    std::string text;
    std::size_t visited = 0;
    const xmlNode* apex = nodes->apex;
    for (auto* node = const_cast<xmlNode*>(apex); node != nullptr; node = NextInOrder(node, apex)) {
      ++visited;
      if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
        text += ToView(node->content);
    }
    RETURN_IF_ERROR(document_.budget()->Spend(2 * CostOfBytes(text.size()) + visited));
    auto decoded = base::Base64Decode(WithoutSpaces(text));
    if (!decoded) return false;
    flow_ = std::move(*decoded);
    return true;
  }

  base::Result<base::Bytes> DigestOfFile(const std::string& name) {
    ASSIGN_OR_RETURN(base::Bytes digest, files_.DigestOf(name, *reference_.algorithm));
    ASSIGN_OR_RETURN(const base::Bytes own, files_.DigestOf(name, *FindDigestByName("SHA256")));
    reference_.file_sha256 = base::ToSha256Digest(own);
    return digest;
  }

  base::Result<base::Bytes> Digest() {
    if (const auto* file = std::get_if<FileOctets>(&flow_)) return DigestOfFile(file->name);
    Hasher hasher(*reference_.algorithm);
    const TakeBytes take = [&](base::ByteSpan piece) { hasher.Update(piece); };
    if (const auto* octets = std::get_if<base::Bytes>(&flow_)) {
      hasher.Update(*octets);
    } else {
      RETURN_IF_ERROR(Canonicalize(std::get<NodeSet>(flow_), DefaultCanonicalization(), take));
    }
    return std::move(hasher).Finish();
  }

  const XmlDocument& document_;
  const xmlNode* signature_;
  SignedFiles& files_;
  Reference& reference_;
  TargetDigests& known_;
  Flow flow_;
  bool covers_nothing_ = false;
  std::vector<std::unique_ptr<XmlDocument>> parsed_;
};

std::vector<xmlNode*> TransformsOf(const xmlNode* reference) {
  const xmlNode* list = FindChild(reference, kDsig, "Transforms");
  return list == nullptr ? std::vector<xmlNode*>() : FindChildren(list, kDsig, "Transform");
}

}  // namespace

base::Result<Reference> CheckReference(const XmlDocument& document, const xmlNode* signature,
                                       const xmlNode* node, SignedFiles& files,
                                       TargetDigests& known) {
  Reference reference;
  reference.node = node;
  reference.id = AttributeOf(node, "Id").value_or("");
  reference.uri = AttributeOf(node, "URI");
  reference.type = AttributeOf(node, "Type").value_or("");
  const xmlNode* method = FindChild(node, kDsig, "DigestMethod");
  const auto transform_lists = FindChildren(node, kDsig, "Transforms");
  const auto values = FindChildren(node, kDsig, "DigestValue");
  if (method == nullptr || values.size() != 1 || transform_lists.size() > 1) return reference;
  reference.algorithm_uri = AttributeOf(method, "Algorithm").value_or("");
  reference.algorithm = FindDigestByUri(reference.algorithm_uri);
  reference.detail = reference.algorithm_uri;
  if (reference.algorithm == nullptr) {
    reference.outcome = ReferenceOutcome::kUnsupportedDigest;
    return reference;
  }
  const auto expected = Base64OfElement(values[0]);
  if (!expected) return reference;
  const std::vector<xmlNode*> transforms = TransformsOf(node);
  if (transforms.size() > kMaxTransforms) return reference;
  reference.has_transforms = !transforms.empty();
  Pipeline pipeline(document, signature, files, reference, known);
  RETURN_IF_ERROR(pipeline.Run(transforms, *expected));
  return reference;
}

base::Result<bool> WriteReferenceData(const XmlDocument& document, const xmlNode* signature,
                                      const xmlNode* node, SignedFiles& files,
                                      const Canonicalization& how, const TakeBytes& take) {
  const std::vector<xmlNode*> transforms = TransformsOf(node);
  if (transforms.size() > kMaxTransforms) return false;
  Reference reference;
  reference.uri = AttributeOf(node, "URI");
  reference.type = AttributeOf(node, "Type").value_or("");
  reference.algorithm = FindDigestByName("SHA256");  // Names what is known; nothing else is.
  TargetDigests none;
  return Pipeline(document, signature, files, reference, none).Write(transforms, how, take);
}

}  // namespace signing
