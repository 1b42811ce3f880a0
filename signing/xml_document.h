// XmlDocument: the one tree of a document that anything is ever read from.
//
// It exists only for documents that passed the gate. Nodes are valid while it lives.
#pragma once

#include <libxml/tree.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/c_handle.h"
#include "base/result.h"
#include "signing/work_budget.h"
#include "signing/xml_census.h"
#include "signing/xml_gate.h"

namespace signing {

class XmlDocument {
 public:
  // Errors: as CheckXml(), and kUnavailable "memory.short". `bytes` are not kept. With a budget of
  // its own.
  static base::Result<XmlDocument> Parse(base::ByteSpan bytes, const XmlLimits& limits);
  static base::Result<XmlDocument> Parse(base::ByteSpan bytes) { return Parse(bytes, XmlLimits()); }
  // What parsing and all later work on the document cost is taken from `budget`, which the
  // document shares. kInvalidInput "xml.too-costly" as well.
  static base::Result<XmlDocument> Parse(base::ByteSpan bytes, std::shared_ptr<WorkBudget> budget);
  // Of which `census` was counted already.
  static base::Result<XmlDocument> Parse(base::ByteSpan bytes, const XmlCensus& census,
                                         std::shared_ptr<WorkBudget> budget);

  xmlDoc* doc() const { return doc_.get(); }
  xmlNode* root() const { return root_; }

  const std::shared_ptr<WorkBudget>& budget() const { return budget_; }

  // Canonicalizing an element is a walk over it and the siblings behind it; nullptr: over all.
  // What that costs, with a filter that looks at the ancestors of each node or without.
  std::size_t CostOfWalk(const xmlNode* apex, bool filtered) const;
  // What a walk over the element alone costs.
  std::size_t CostBelow(const xmlNode* apex) const;
  // Of the texts, values and names in the element, more or less; nullptr: in all.
  std::size_t BytesBelow(const xmlNode* apex) const;

  // All elements whose attribute Id, ID, id or xml:id has the value, in document order.
  // More than one is an attack or a defect: a reference to it means nothing.
  const std::vector<xmlNode*>& FindById(std::string_view id) const;

 private:
  XmlDocument(xmlDoc* doc, std::shared_ptr<WorkBudget> budget)
      : doc_(doc), budget_(std::move(budget)) {}
  static base::Result<XmlDocument> Parse(base::ByteSpan bytes, const XmlCensus& census,
                                         const XmlLimits& limits,
                                         std::shared_ptr<WorkBudget> budget);
  void Index();
  void IndexIds(xmlNode* element);

  base::CHandle<xmlDoc, xmlFreeDoc> doc_;
  xmlNode* root_ = nullptr;
  std::shared_ptr<WorkBudget> budget_;
  // Sums over the nodes in document order.
  struct Cost {
    std::size_t walk = 0;
    std::size_t filter = 0;
    std::size_t bytes = 0;
  };
  struct Span {
    Cost before;  // The element.
    Cost after;   // It and everything below it.
  };

  Cost total_;
  std::vector<Span> spans_;  // By the number that Index() leaves in each element.
  std::map<std::string, std::vector<xmlNode*>, std::less<>> by_id_;
};

// The next node in document order below `root`; nullptr at the end.
xmlNode* NextInOrder(xmlNode* node, const xmlNode* root);

std::string_view ToView(const xmlChar* text);
std::string_view NameOf(const xmlNode* node);       // Local name.
std::string_view NamespaceOf(const xmlNode* node);  // Empty when there is none.
bool IsElement(const xmlNode* node, std::string_view space, std::string_view name);

xmlNode* FirstElement(const xmlNode* parent);
xmlNode* NextElement(const xmlNode* node);
xmlNode* FindChild(const xmlNode* parent, std::string_view space, std::string_view name);
std::vector<xmlNode*> FindChildren(const xmlNode* parent, std::string_view space,
                                   std::string_view name);

// The attribute without namespace.
std::optional<std::string> AttributeOf(const xmlNode* node, std::string_view name);

// All text directly inside the element; comments and instructions do not cut it.
std::string TextOfElement(const xmlNode* node);
// The same without white space at both ends.
std::string TrimmedText(const xmlNode* node);
// xsd:base64Binary: white space anywhere. nullopt when it is no base64, or elements are inside.
std::optional<base::Bytes> Base64OfElement(const xmlNode* node);

}  // namespace signing
