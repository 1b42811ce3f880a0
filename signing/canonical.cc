#include "signing/canonical.h"

#include <libxml/c14n.h>

#include <algorithm>
#include <array>

#include "base/c_handle.h"
#include "signing/xml_names.h"

namespace signing {
namespace {

struct Method {
  std::string_view uri;
  int mode;
  bool comments;
};
constexpr std::array<Method, 6> kMethods{{
    {"http://www.w3.org/TR/2001/REC-xml-c14n-20010315", XML_C14N_1_0, false},
    {"http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments", XML_C14N_1_0, true},
    {"http://www.w3.org/2006/12/xml-c14n11", XML_C14N_1_1, false},
    {"http://www.w3.org/2006/12/xml-c14n11#WithComments", XML_C14N_1_1, true},
    {"http://www.w3.org/2001/10/xml-exc-c14n#", XML_C14N_EXCLUSIVE_1_0, false},
    {"http://www.w3.org/2001/10/xml-exc-c14n#WithComments", XML_C14N_EXCLUSIVE_1_0, true},
}};

constexpr std::string_view kExclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";

std::vector<std::string> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  constexpr std::string_view kSpaces = " \t\r\n";
  for (;;) {
    const std::size_t start = text.find_first_not_of(kSpaces);
    if (start == std::string_view::npos) return words;
    text.remove_prefix(start);
    const std::size_t end = std::min(text.find_first_of(kSpaces), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

bool IsFilteredOut(SignatureFilter filter, const xmlNode* node) {
  if (filter == SignatureFilter::kNone || !IsElement(node, kDsig, "Signature")) return false;
  if (filter == SignatureFilter::kAll) return true;
  const xmlNode* root = node->parent;  // /*/ds:Signature
  return root != nullptr && root->type == XML_ELEMENT_NODE && root->parent != nullptr &&
         root->parent->type == XML_DOCUMENT_NODE;
}

bool IsVisible(const NodeSet& nodes, const xmlNode* node) {
  if (nodes.without_apex && node == nodes.apex) return false;
  bool inside = nodes.apex == nullptr;
  for (const xmlNode* at = node; at != nullptr && at->type != XML_DOCUMENT_NODE; at = at->parent) {
    if (at == nodes.excluded) return false;
    if (IsFilteredOut(nodes.without, at)) return false;
    inside = inside || at == nodes.apex;
    // Nothing above the apex can exclude what it includes, so the walk may end here.
    if (inside && nodes.apex != nullptr && nodes.excluded == nullptr &&
        nodes.without == SignatureFilter::kNone)
      return true;
  }
  return inside;
}

// The last answer is kept: for each element its namespaces and attributes ask the same again.
struct Visibility {
  const NodeSet* nodes;
  const xmlNode* last = nullptr;
  bool visible = false;
};

// libxml2 asks for every node; namespaces and attributes follow their element.
int VisibleCallback(void* context, xmlNode* node, xmlNode* parent) {
  auto& visibility = *static_cast<Visibility*>(context);
  const bool of_element = node->type == XML_NAMESPACE_DECL || node->type == XML_ATTRIBUTE_NODE;
  if (node->type == XML_COMMENT_NODE && !visibility.nodes->comments) return 0;
  const xmlNode* asked = of_element ? parent : node;
  if (asked != visibility.last)
    visibility = {visibility.nodes, asked, IsVisible(*visibility.nodes, asked)};
  return visibility.visible ? 1 : 0;
}

int WriteCallback(void* context, const char* bytes, int size) {
  const auto& take = *static_cast<const TakeBytes*>(context);
  take(base::AsBytes({bytes, static_cast<std::size_t>(size)}));
  return size;
}

int CloseCallback(void*) {
  return 0;
}

}  // namespace

Canonicalization DefaultCanonicalization() {
  return {XML_C14N_1_0, false, {}};
}

std::optional<Canonicalization> FindCanonicalization(std::string_view uri) {
  const auto found = std::ranges::find(kMethods, uri, &Method::uri);
  if (found == kMethods.end()) return std::nullopt;
  return Canonicalization{found->mode, found->comments, {}};
}

std::optional<Canonicalization> CanonicalizationOfElement(const xmlNode* method) {
  auto how = FindCanonicalization(AttributeOf(method, "Algorithm").value_or(""));
  if (!how) return std::nullopt;
  const xmlNode* inclusive = FindChild(method, kExclusive, "InclusiveNamespaces");
  if (inclusive != nullptr)
    how->prefixes = SplitWords(AttributeOf(inclusive, "PrefixList").value_or(""));
  std::ranges::sort(how->prefixes);
  const auto twice = std::ranges::unique(how->prefixes);
  how->prefixes.erase(twice.begin(), twice.end());
  return how;
}

bool CoversAnything(const NodeSet& nodes) {
  const xmlNode* top = nodes.apex == nullptr ? nodes.document->root() : nodes.apex;
  NodeSet with_apex = nodes;
  with_apex.without_apex = false;
  return IsVisible(with_apex, top);
}

std::size_t CostOfCanonicalizing(const NodeSet& nodes, const Canonicalization& how) {
  const bool filtered = nodes.excluded != nullptr || nodes.without != SignatureFilter::kNone;
  // Each listed prefix is looked for at each element.
  const std::size_t words = how.mode == XML_C14N_EXCLUSIVE_1_0 ? how.prefixes.size() : 0;
  return nodes.document->CostOfWalk(nodes.apex, filtered) * (1 + words / 4);
}

base::Status Canonicalize(const NodeSet& nodes, const Canonicalization& how,
                          const TakeBytes& take) {
  WorkBudget& budget = *nodes.document->budget();
  RETURN_IF_ERROR(budget.Spend(CostOfCanonicalizing(nodes, how)));
  std::vector<xmlChar*> prefixes;
  std::vector<std::string> words = how.prefixes;
  for (std::string& word : words) prefixes.push_back(reinterpret_cast<xmlChar*>(word.data()));
  prefixes.push_back(nullptr);

  // libxml2 takes its context without const; the callbacks above only read.
  auto* take_context = const_cast<void*>(static_cast<const void*>(&take));
  Visibility visibility{&nodes};
  const base::CHandle<xmlOutputBuffer, xmlOutputBufferClose> out{
      xmlOutputBufferCreateIO(WriteCallback, CloseCallback, take_context, nullptr)};
  if (!out) return base::Error{base::ErrorCode::kUnavailable, "memory.short", "output buffer"};
  const bool listed = how.mode == XML_C14N_EXCLUSIVE_1_0 && !words.empty();
  // libxml2 walks over all that hangs below the document it is given, and finds namespaces by
  // the real parents: so it is given one that begins at the apex.
  xmlDoc from_apex = *nodes.document->doc();
  if (nodes.apex != nullptr) from_apex.children = const_cast<xmlNode*>(nodes.apex);
  const int result =
      xmlC14NExecute(&from_apex, VisibleCallback, &visibility, how.mode,
                     listed ? prefixes.data() : nullptr, how.comments ? 1 : 0, out.get());
  if (result < 0 || xmlOutputBufferFlush(out.get()) < 0)
    return base::Error{base::ErrorCode::kInvalidInput, "xml.not-canonical", "libxml2"};
  return base::Ok();
}

base::Result<base::Bytes> CanonicalBytes(const NodeSet& nodes, const Canonicalization& how) {
  base::Bytes bytes;
  RETURN_IF_ERROR(
      Canonicalize(nodes, how, [&](base::ByteSpan piece) { base::Append(piece, bytes); }));
  return bytes;
}

}  // namespace signing
