// The few XPath transforms we understand, by their text alone. XPath is never evaluated.
//
// Signers write the same handful of expressions; each has one meaning that needs no engine.
// Anything else is an unsupported transform.
#pragma once

#include <optional>
#include <string>

#include "signing/xml_document.h"

namespace signing {

struct XPathForm {
  enum class Kind {
    kWithoutSignatures,      // The document without any ds:Signature.
    kWithoutRootSignatures,  // Without the ds:Signature children of the root.
    kChildrenOf,             // What is inside the element with `id`.
    kSignedPropertiesOf,     // The SignedProperties in the ds:Object with `id`.
    kSignatureValue,         // The ds:SignatureValue with `id`.
  };
  Kind kind;
  std::string id;
};

// Of a ds:Transform with the algorithm XPath 1.0 or XPath Filter 2.0; nullopt when its
// expression is none of ours, or a prefix in it means something else.
std::optional<XPathForm> RecognizeXPath(const xmlNode* transform);

}  // namespace signing
