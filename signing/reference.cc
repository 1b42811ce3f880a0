#include "signing/reference.h"

#include <array>
#include <utility>
#include <variant>

#include "base/base64.h"
#include "signing/canonical.h"
#include "signing/xml_names.h"

namespace signing {
namespace {

constexpr std::string_view kEnveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
constexpr std::string_view kBase64 = "http://www.w3.org/2000/09/xmldsig#base64";
constexpr std::string_view kXPath = "http://www.w3.org/TR/1999/REC-xpath-19991116";
constexpr std::string_view kXPathFilter2 = "http://www.w3.org/2002/06/xmldsig-filter2";
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

// The prefix that stands for XMLDSIG at `node`, if `prefix` does.
bool MeansDsig(const xmlNode* node, std::string_view prefix) {
  for (; node != nullptr && node->type == XML_ELEMENT_NODE; node = node->parent)
    for (const xmlNs* space = node->nsDef; space != nullptr; space = space->next)
      if (ToView(space->prefix) == prefix) return ToView(space->href) == kDsig;
  return false;
}

// XPath is never evaluated. Two spellings that signers use for "without the signatures" are
// known by their text, with whatever prefix they give XMLDSIG.
bool IsWithoutSignatures(const xmlNode* xpath, std::string_view before, std::string_view after) {
  const std::string text = WithoutSpaces(TextOfElement(xpath));
  std::string_view rest = text;
  if (!rest.starts_with(before) || !rest.ends_with(after) ||
      rest.size() <= before.size() + after.size())
    return false;
  rest.remove_prefix(before.size());
  rest.remove_suffix(after.size());
  return rest.find_first_of("()[]/:@*|'\"") == std::string_view::npos && MeansDsig(xpath, rest);
}

bool IsWithoutSignaturesXPath(const xmlNode* transform) {
  const xmlNode* xpath = FindChild(transform, kDsig, "XPath");
  return xpath != nullptr && IsWithoutSignatures(xpath, "not(ancestor-or-self::", ":Signature)");
}

bool IsWithoutSignaturesFilter2(const xmlNode* transform) {
  const auto filters = FindChildren(transform, kXPathFilter2, "XPath");
  if (filters.size() != 1 || AttributeOf(filters[0], "Filter") != "subtract") return false;
  return IsWithoutSignatures(filters[0], "/descendant::", ":Signature") ||
         IsWithoutSignatures(filters[0], "//", ":Signature") ||
         IsWithoutSignatures(filters[0], "/descendant::*[name()='", ":Signature']");
}

// Carries the data of one reference through its transforms into the digest.
class Pipeline {
 public:
  Pipeline(const XmlDocument& document, const xmlNode* signature, SignedFiles& files,
           Reference& reference)
      : document_(document), signature_(signature), files_(files), reference_(reference) {}

  // Sets outcome and detail of the reference.
  base::Status Run(const std::vector<xmlNode*>& transforms, base::ByteSpan expected) {
    if (!Dereference()) return base::Ok();
    if (Fits(KnownDigest(transforms), expected)) return base::Ok();
    for (const xmlNode* transform : transforms) {
      ASSIGN_OR_RETURN(const bool applied, Apply(transform));
      if (applied) continue;
      reference_.outcome = ReferenceOutcome::kUnsupportedTransform;
      reference_.detail = AttributeOf(transform, "Algorithm").value_or("");
      return base::Ok();
    }
    ASSIGN_OR_RETURN(const base::Bytes digest, Digest());
    Judge(digest, expected);
    return base::Ok();
  }

 private:
  // False when there is nothing to digest; the outcome says why.
  bool Dereference() {
    const auto& uri = reference_.uri;
    if (uri && uri->empty()) {
      reference_.covered.document = true;
      flow_ = NodeSet{.document = &document_};
      return true;
    }
    if (uri && uri->starts_with('#')) return DereferenceElement(std::string_view(*uri).substr(1));
    const auto name = files_.Resolve(uri);
    if (!name) return Fail(ReferenceOutcome::kNotFound, uri.value_or(""));
    reference_.covered.file = *name;
    flow_ = FileOctets{*name};
    return true;
  }

  bool DereferenceElement(std::string_view id) {
    const std::vector<xmlNode*>& found = document_.FindById(id);
    if (found.empty()) return Fail(ReferenceOutcome::kNotFound, std::string(id));
    if (found.size() > 1) return Fail(ReferenceOutcome::kAmbiguous, std::string(id));
    reference_.covered.element = found[0];
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
    reference_.only_canonicalizes = false;
    if (algorithm == kBase64) return ApplyBase64();
    const bool is_xpath = (algorithm == kXPath && IsWithoutSignaturesXPath(transform)) ||
                          (algorithm == kXPathFilter2 && IsWithoutSignaturesFilter2(transform));
    if (!is_xpath && algorithm != kEnveloped) return false;
    auto* nodes = std::get_if<NodeSet>(&flow_);
    if (nodes == nullptr || nodes->document != &document_) return false;
    if (is_xpath) {
      nodes->without_signatures = true;
    } else {
      nodes->excluded = signature_;
    }
    return true;
  }

  base::Result<bool> ApplyCanonicalization(const Canonicalization& how) {
    ASSIGN_OR_RETURN(const bool parsed, ParseOctets());
    if (!parsed) return false;
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
      flow_ = std::move(content);
    }
    const auto* octets = std::get_if<base::Bytes>(&flow_);
    if (octets == nullptr) return true;
    auto parsed = XmlDocument::Parse(*octets);
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
    const xmlNode* apex = nodes->apex;
    for (auto* node = const_cast<xmlNode*>(apex); node != nullptr; node = NextInOrder(node, apex))
      if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
        text += ToView(node->content);
    auto decoded = base::Base64Decode(WithoutSpaces(text));
    if (!decoded) return false;
    flow_ = std::move(*decoded);
    return true;
  }

  base::Result<base::Bytes> Digest() {
    Hasher hasher(*reference_.algorithm);
    const TakeBytes take = [&](base::ByteSpan piece) { hasher.Update(piece); };
    if (const auto* octets = std::get_if<base::Bytes>(&flow_)) {
      hasher.Update(*octets);
    } else if (const auto* nodes = std::get_if<NodeSet>(&flow_)) {
      RETURN_IF_ERROR(Canonicalize(*nodes, DefaultCanonicalization(), take));
    } else {
      RETURN_IF_ERROR(files_.Stream(std::get<FileOctets>(flow_).name, take));
    }
    return std::move(hasher).Finish();
  }

  const XmlDocument& document_;
  const xmlNode* signature_;
  SignedFiles& files_;
  Reference& reference_;
  Flow flow_;
  std::vector<std::unique_ptr<XmlDocument>> parsed_;
};

}  // namespace

base::Result<Reference> CheckReference(const XmlDocument& document, const xmlNode* signature,
                                       const xmlNode* node, SignedFiles& files) {
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
  std::vector<xmlNode*> transforms;
  if (!transform_lists.empty()) transforms = FindChildren(transform_lists[0], kDsig, "Transform");
  if (transforms.size() > kMaxTransforms) return reference;
  reference.has_transforms = !transforms.empty();
  Pipeline pipeline(document, signature, files, reference);
  RETURN_IF_ERROR(pipeline.Run(transforms, *expected));
  return reference;
}

}  // namespace signing
