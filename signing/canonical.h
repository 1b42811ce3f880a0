// Canonical XML 1.0 and 1.1 and Exclusive Canonicalization of part of a document.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "signing/xml_document.h"

namespace signing {

struct Canonicalization {
  int mode;  // libxml2's xmlC14NMode.
  bool comments;
  std::vector<std::string> prefixes;  // InclusiveNamespaces of the exclusive form.
};

// XMLDSIG 1.1, 4.4.3.2: where octets are needed and no transform makes them, "Canonical XML
// 1.0 [...] omits comments".
Canonicalization DefaultCanonicalization();

// nullopt for an algorithm that is none of the six.
std::optional<Canonicalization> FindCanonicalization(std::string_view uri);
// Of a ds:CanonicalizationMethod or ds:Transform, with its InclusiveNamespaces.
std::optional<Canonicalization> CanonicalizationOfElement(const xmlNode* method);

// Which ds:Signature elements a node set leaves out.
enum class SignatureFilter { kNone, kAll, kOfRoot };

// A part of one document.
struct NodeSet {
  const XmlDocument* document = nullptr;
  const xmlNode* apex = nullptr;      // Everything below and including it; nullptr: the document.
  bool without_apex = false;          // Only what is below it.
  const xmlNode* excluded = nullptr;  // Without this subtree.
  SignatureFilter without = SignatureFilter::kNone;
  bool comments = false;
};

// False when what is left out takes the apex (or the root) with it: then nothing is covered.
bool CoversAnything(const NodeSet& nodes);

// In units of WorkBudget.
std::size_t CostOfCanonicalizing(const NodeSet& nodes, const Canonicalization& how);

using TakeBytes = std::function<void(base::ByteSpan)>;

// Hands the canonical bytes to `take` in pieces.
// kInvalidInput "xml.not-canonical" when libxml2 cannot, "xml.too-costly" when the document's
// budget is spent; kUnavailable "memory.short". After an error `take` may have had some of them.
base::Status Canonicalize(const NodeSet& nodes, const Canonicalization& how, const TakeBytes& take);
// All at once. Errors: the same.

base::Result<base::Bytes> CanonicalBytes(const NodeSet& nodes, const Canonicalization& how);

}  // namespace signing
