// A stored document as HTTP content: whole, a range of it, or not at all when the caller has it.
#pragma once

#include <memory>

#include "api/flow/read_document.h"
#include "api/http/message.h"
#include "base/result.h"

namespace api {

// Its strong entity tag is the SHA-256 of the document. Borrows `reader` until the response is
// sent. A range that cannot be is a problem of status 416, with the document's size.
Response ContentResponse(const ReadDocument& reader, const Request& request,
                         std::shared_ptr<const OpenedDocument> document);

}  // namespace api
