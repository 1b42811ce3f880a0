// What Xerces-C sees in a document. Only this file and the gate know Xerces-C.
#pragma once

#include <libxml/tree.h>

#include "base/bytes.h"
#include "base/result.h"

namespace signing {

void PrepareXerces();

// Reads the document and follows its tree, which libxml2 has made of the same bytes.
// kInvalidInput "xml.malformed" when Xerces-C refuses it, "xml.parsers-disagree" when it sees
// something else than the tree; kUnavailable "memory.short".
// REQUIRES: `utf8` is UTF-8 without errors.
base::Status CompareWithXerces(base::ByteSpan utf8, const xmlDoc* tree);

}  // namespace signing
