// The profile schema: which elements a signature is made of, in what order and how often
// (XMLDSIG 1.1, annex A; XAdES 1.3.2 and 1.4.1, EN 319 132-1, annex C).
//
// A table and no XSD: the gate has shown that two parsers see the same elements, so what is left
// is counting children, and that is one walk over the tree. Where real signatures differ from
// the letter (the order of signed properties) the table follows them. Elements of the older
// XAdES namespaces and of foreign ones are not looked into.
#pragma once

#include <optional>
#include <string>

#include "signing/xml_document.h"

namespace signing {

// What is wrong with the first element of `signature` (a ds:Signature) that breaks the schema,
// "NAME: reason"; nullopt when all is in order. Signatures inside it are not looked into.
std::optional<std::string> FindSchemaViolation(const xmlNode* signature);

}  // namespace signing
