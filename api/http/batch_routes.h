// What the routes of batches read and answer.
#pragma once

#include "api/flow/batch_queue.h"
#include "api/http/message.h"

namespace api {

inline constexpr std::string_view kBatchMediaType = "application/vnd.edocvault.batch+json";

// {"items":[{"documents":[{"name":..,"mediaType":..,"sha256":..}]}]}; how they are sealed stands
// in the query, as for one signature. kInvalidInput "digests.malformed", "sign.*",
// "claims.malformed".
base::Result<BatchOrder> ReadBatchOrder(const Request& request);

// {"id","state","items","sealed","failed","waitingFor"?}; state: queued, waiting or done.
base::Json ToJson(const BatchQueue::Progress& progress);

// {"items":[{"index","signature"} or {"index","problem"}],"next"?}: of the signature file, or a
// problem document (RFC 9457); `next` is the chunk behind it.
base::Json OutcomesToJson(const std::vector<Outcome>& outcomes, std::size_t chunk,
                          const BatchQueue::Progress& progress, base::Language language);

}  // namespace api
