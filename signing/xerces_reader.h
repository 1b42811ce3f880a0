// What Xerces-C sees in a document. Only this file and the gate know Xerces-C.
#pragma once

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace signing {

void PrepareXerces();

// The hash of the events of a document in UTF-8; nothing of it is kept.
// kInvalidInput "xml.malformed" when Xerces-C refuses it.
base::Result<base::Sha256Digest> HashAsXercesSees(base::ByteSpan utf8);

}  // namespace signing
