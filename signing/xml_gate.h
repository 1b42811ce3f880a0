// The gate that every XML document from outside passes before anything reads it.
//
// Three independent opinions must agree: a byte scan that knows limits and forbids document
// types, libxml2, and Xerces-C. Both parsers must accept the document and see the same
// elements, attributes, texts, comments and processing instructions. So what is verified
// with one is what a reader of the other sees, and no parser meets a bomb.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"

namespace signing {

struct XmlLimits {
  std::size_t size = std::size_t{32} << 20U;
  // Beyond 256 libxml2 stops; Xerces-C becomes quadratic.
  std::size_t depth = 200;
  // In scope at any element. Inclusive canonicalization is cubic in it.
  std::size_t namespaces = 64;
  std::size_t attributes = 256;  // Of one element.
};

// Errors, all kInvalidInput, with a message for operators:
//   "xml.too-large" "xml.too-deep" "xml.too-many-namespaces" "xml.too-many-attributes"
//   "xml.doctype"            a document type declaration, whatever it holds
//   "xml.encoding"           not UTF-8; ISO 8859-1 is read, other encodings only when all ASCII
//   "xml.malformed"          a parser refuses it, or XML 1.1
//   "xml.parsers-disagree"   both accept it, and see different things
base::Status CheckXml(base::ByteSpan bytes, const XmlLimits& limits);
inline base::Status CheckXml(base::ByteSpan bytes) {
  return CheckXml(bytes, XmlLimits());
}

// Loads what both parsers share; call once in a process, before the walls.
void PrepareXml();

}  // namespace signing
