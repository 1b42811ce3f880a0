// The byte scan before any parser: limits, no document type, one encoding.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "signing/xml_gate.h"

namespace signing {

// The document in UTF-8 without byte order mark, and declared so if it declares anything. Errors:
// as CheckXml(), but for "xml.parsers-disagree".
base::Result<base::Bytes> ScanXml(base::ByteSpan bytes, const XmlLimits& limits);

}  // namespace signing
