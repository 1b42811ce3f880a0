#include "signing/xml_document.h"

#include <libxml/parser.h>
#include <libxml/uri.h>
#include <libxml/xmlerror.h>

#include <algorithm>

#include "base/base64.h"
#include "signing/xerces_reader.h"
#include "signing/xml_scan.h"

namespace signing {
namespace {

using base::Error;
using base::ErrorCode;
using ParserContext = base::CHandle<xmlParserCtxt, xmlFreeParserCtxt>;

constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                         XML_PARSE_NODICT | XML_PARSE_BIG_LINES;

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

base::Result<xmlDoc*> ParseTree(base::ByteSpan utf8) {
  const ParserContext context{xmlNewParserCtxt()};
  if (!context) return Error{ErrorCode::kUnavailable, "memory.short", "libxml2 parser"};
  base::CHandle<xmlDoc, xmlFreeDoc> doc{
      xmlCtxtReadMemory(context.get(), reinterpret_cast<const char*>(utf8.data()),
                        static_cast<int>(utf8.size()), nullptr, "UTF-8", kOptions)};
  // libxml2 keeps going over undeclared prefixes; a tree it had to repair is no tree.
  const bool clean =
      doc && context->wellFormed == 1 && context->nsWellFormed == 1 && context->errNo == XML_ERR_OK;
  if (!clean || doc->intSubset != nullptr || doc->extSubset != nullptr)
    return Error{ErrorCode::kInvalidInput, "xml.malformed", "libxml2 refuses it"};
  return doc.release();
}

std::string AttributeValue(const xmlAttr* attribute) {
  std::string value;
  for (const xmlNode* part = attribute->children; part != nullptr; part = part->next)
    value += ToView(part->content);
  return value;
}

// Namespaces in XML 1.0, 2.2, deprecates relative names, and canonicalization fails on them.
bool HasRelativeNamespace(const xmlNode* node) {
  for (const xmlNs* space = node->nsDef; space != nullptr; space = space->next) {
    const std::string_view name = ToView(space->href);
    if (name.empty()) continue;
    const base::CHandle<xmlURI, xmlFreeURI> uri{xmlParseURI(name.data())};  // Ends with NUL.
    if (!uri || uri->scheme == nullptr || *uri->scheme == '\0') return true;
  }
  return false;
}

// What is around a node that canonicalization has to look at.
struct Surroundings {
  std::size_t depth = 0;
  std::size_t namespaces = 0;  // In scope.
  std::size_t declared = 0;    // Here.
  std::size_t attributes = 0;
};

// For each namespace in scope libxml2 searches the ancestors and the list of those written.
std::size_t CostOfVisit(const Surroundings& around) {
  return 3 + around.depth / 16 + 5 * around.attributes + 3 * around.declared +
         around.namespaces * (4 * around.namespaces + around.depth) / 80;
}

// Hashed as well.
std::size_t CostOfWriting(std::size_t bytes) {
  return bytes / 20;
}

std::size_t BytesOf(const xmlNode* node) {
  std::size_t bytes = 0;
  if (node->type != XML_ELEMENT_NODE) return ToView(node->content).size();
  for (const xmlAttr* attribute = node->properties; attribute != nullptr;
       attribute = attribute->next)
    for (const xmlNode* part = attribute->children; part != nullptr; part = part->next)
      bytes += ToView(part->content).size();
  return bytes + ToView(node->name).size() + 8;
}

void Ignore(void*, const char*, ...) {}

// Walks along in document order and knows what is around each node.
class Surveyor {
 public:
  Surroundings Visit(const xmlNode* node) {
    while (!open_.empty() && open_.back().element != node->parent) open_.pop_back();
    Surroundings around{open_.size() + 1, open_.empty() ? 0 : open_.back().namespaces, 0, 0};
    if (node->type != XML_ELEMENT_NODE) return around;
    for (const xmlNs* space = node->nsDef; space != nullptr; space = space->next) ++around.declared;
    around.namespaces += around.declared;
    for (const xmlAttr* attribute = node->properties; attribute != nullptr;
         attribute = attribute->next)
      ++around.attributes;
    open_.push_back({node, around.namespaces});
    return around;
  }

 private:
  struct Open {
    const xmlNode* element;
    std::size_t namespaces;
  };
  std::vector<Open> open_;
};

// libxml2 leaves this field to its callers.
void SetNumber(xmlNode* element, std::size_t number) {
  element->_private = reinterpret_cast<void*>(number);
}
std::size_t NumberOf(const xmlNode* element) {
  return reinterpret_cast<std::size_t>(element->_private);
}

}  // namespace

base::Result<XmlDocument> XmlDocument::Parse(base::ByteSpan bytes, const XmlLimits& limits) {
  // Trust material and the like: whoever hands it in waits for it.
  Limits own;
  own.work_milliseconds += bytes.size() / 1'000;
  return Parse(bytes, CountXml(bytes), limits, std::make_shared<WorkBudget>(bytes.size(), own));
}

base::Result<XmlDocument> XmlDocument::Parse(base::ByteSpan bytes,
                                             std::shared_ptr<WorkBudget> budget) {
  return Parse(bytes, CountXml(bytes), XmlLimits(), std::move(budget));
}

base::Result<XmlDocument> XmlDocument::Parse(base::ByteSpan bytes, const XmlCensus& census,
                                             std::shared_ptr<WorkBudget> budget) {
  return Parse(bytes, census, XmlLimits(), std::move(budget));
}

base::Result<XmlDocument> XmlDocument::Parse(base::ByteSpan bytes, const XmlCensus& census,
                                             const XmlLimits& limits,
                                             std::shared_ptr<WorkBudget> budget) {
  RETURN_IF_ERROR(budget->Spend(CostOfGate(census)));
  ASSIGN_OR_RETURN(const base::Bytes utf8, ScanXml(bytes, limits));
  ASSIGN_OR_RETURN(xmlDoc* const tree, ParseTree(utf8));
  XmlDocument document(tree, std::move(budget));
  RETURN_IF_ERROR(CompareWithXerces(utf8, tree));
  document.root_ = xmlDocGetRootElement(tree);
  for (xmlNode* node = document.root_; node != nullptr; node = NextInOrder(node, document.root_))
    if (node->type == XML_ELEMENT_NODE && HasRelativeNamespace(node))
      return Error{ErrorCode::kInvalidInput, "xml.malformed", "a relative namespace name"};
  document.Index();
  return document;
}

void XmlDocument::Index() {
  Surveyor surveyor;
  std::vector<const xmlNode*> open;
  const auto close_until = [&](const xmlNode* parent) {
    for (; !open.empty() && open.back() != parent; open.pop_back())
      spans_[NumberOf(open.back())].after = total_;
  };
  for (xmlNode* node = root_; node != nullptr; node = NextInOrder(node, root_)) {
    close_until(node->parent);
    const bool is_element = node->type == XML_ELEMENT_NODE;
    if (is_element) {
      SetNumber(node, spans_.size());
      spans_.push_back({total_, {}});
      open.push_back(node);
      IndexIds(node);
    }
    const Surroundings around = surveyor.Visit(node);
    total_.walk += is_element ? CostOfVisit(around) : 1;
    total_.bytes += BytesOf(node);
    total_.filter += around.depth / 4;
  }
  close_until(nullptr);
}

void XmlDocument::IndexIds(xmlNode* element) {
  for (const xmlAttr* attribute = element->properties; attribute != nullptr;
       attribute = attribute->next) {
    const std::string_view name = ToView(attribute->name);
    const bool in_xml = attribute->ns != nullptr && ToView(attribute->ns->prefix) == "xml";
    const bool is_id = attribute->ns == nullptr ? name == "Id" || name == "ID" || name == "id"
                                                : in_xml && name == "id";
    if (is_id) by_id_[AttributeValue(attribute)].push_back(element);
  }
}

std::size_t XmlDocument::CostOfWalk(const xmlNode* apex, bool filtered) const {
  const bool whole =
      apex == nullptr || apex->parent == nullptr || apex->parent->type != XML_ELEMENT_NODE;
  const Cost begin = whole ? Cost{} : spans_[NumberOf(apex)].before;
  const Cost end = whole ? total_ : spans_[NumberOf(apex->parent)].after;
  return end.walk - begin.walk + (filtered ? end.filter - begin.filter : 0) +
         CostOfWriting(BytesBelow(apex));
}

std::size_t XmlDocument::CostBelow(const xmlNode* apex) const {
  const Span& span = spans_[NumberOf(apex)];
  return span.after.walk - span.before.walk;
}

std::size_t XmlDocument::BytesBelow(const xmlNode* apex) const {
  if (apex == nullptr) return total_.bytes;
  const Span& span = spans_[NumberOf(apex)];
  return span.after.bytes - span.before.bytes;
}

const std::vector<xmlNode*>& XmlDocument::FindById(std::string_view id) const {
  static const std::vector<xmlNode*> kNone;
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? kNone : found->second;
}

xmlNode* NextInOrder(xmlNode* node, const xmlNode* root) {
  if (node->type == XML_ELEMENT_NODE && node->children != nullptr) return node->children;
  while (node != root && node->next == nullptr) node = node->parent;
  return node == root ? nullptr : node->next;
}

std::string_view ToView(const xmlChar* text) {
  return text == nullptr ? std::string_view{} : reinterpret_cast<const char*>(text);
}

std::string_view NameOf(const xmlNode* node) {
  return ToView(node->name);
}

std::string_view NamespaceOf(const xmlNode* node) {
  return node->ns == nullptr ? std::string_view{} : ToView(node->ns->href);
}

bool IsElement(const xmlNode* node, std::string_view space, std::string_view name) {
  return node != nullptr && node->type == XML_ELEMENT_NODE && NameOf(node) == name &&
         NamespaceOf(node) == space;
}

xmlNode* FirstElement(const xmlNode* parent) {
  xmlNode* node = parent == nullptr ? nullptr : parent->children;
  while (node != nullptr && node->type != XML_ELEMENT_NODE) node = node->next;
  return node;
}

xmlNode* NextElement(const xmlNode* node) {
  xmlNode* next = node->next;
  while (next != nullptr && next->type != XML_ELEMENT_NODE) next = next->next;
  return next;
}

xmlNode* FindChild(const xmlNode* parent, std::string_view space, std::string_view name) {
  xmlNode* node = FirstElement(parent);
  while (node != nullptr && !IsElement(node, space, name)) node = NextElement(node);
  return node;
}

std::vector<xmlNode*> FindChildren(const xmlNode* parent, std::string_view space,
                                   std::string_view name) {
  std::vector<xmlNode*> found;
  for (xmlNode* node = FirstElement(parent); node != nullptr; node = NextElement(node))
    if (IsElement(node, space, name)) found.push_back(node);
  return found;
}

std::optional<std::string> AttributeOf(const xmlNode* node, std::string_view name) {
  for (const xmlAttr* attribute = node->properties; attribute != nullptr;
       attribute = attribute->next)
    if (attribute->ns == nullptr && ToView(attribute->name) == name)
      return AttributeValue(attribute);
  return std::nullopt;
}

std::string TextOfElement(const xmlNode* node) {
  std::string text;
  if (node == nullptr) return text;
  for (const xmlNode* part = node->children; part != nullptr; part = part->next)
    if (part->type == XML_TEXT_NODE || part->type == XML_CDATA_SECTION_NODE)
      text += ToView(part->content);
  return text;
}

std::string TrimmedText(const xmlNode* node) {
  const std::string text = TextOfElement(node);
  std::string_view view = text;
  while (!view.empty() && IsSpace(view.front())) view.remove_prefix(1);
  while (!view.empty() && IsSpace(view.back())) view.remove_suffix(1);
  return std::string(view);
}

std::optional<base::Bytes> Base64OfElement(const xmlNode* node) {
  if (node == nullptr || FirstElement(node) != nullptr) return std::nullopt;
  std::string text = TextOfElement(node);
  std::erase_if(text, IsSpace);
  return base::Base64Decode(text);
}

base::Status CheckXml(base::ByteSpan bytes, const XmlLimits& limits) {
  RETURN_IF_ERROR(XmlDocument::Parse(bytes, limits));
  return base::Ok();
}

void PrepareXml() {
  xmlInitParser();
  // Results tell what is wrong; standard error is not for what a document provokes.
  xmlSetGenericErrorFunc(nullptr, Ignore);
  PrepareXerces();
}

}  // namespace signing
