// POST /v1/erasures: what an order to erase says, and its answer.
#pragma once

#include "api/flow/erase_records.h"
#include "api/http/message.h"

namespace api {

// {"records":[id...],"reason","mandate","approvals":[JWS...]} to 201 {"id","entry","rootBefore",
// "rootAfter","complete"}. Errors: those of the flow, and kInvalidInput "erasure.malformed".
base::Result<Response> PostErasure(EraseRecords& erase, const Request& request);

}  // namespace api
