// Bulk calls: a channel call whose order is JSON and whose inputs and answer are bulk bytes,
// carried in memory files.
#pragma once

#include <chrono>
#include <vector>

#include "base/channel.h"
#include "base/json.h"
#include "base/result.h"

namespace base {

// Sends `order` with `inputs` (at most kMaxMessageFiles) and returns the bytes of the answer,
// or the error that the role answered with. Errors besides: as ChannelClient::Call().
Result<Bytes> BulkCall(const ChannelClient& channel, const Json& order,
                       const std::vector<ByteSpan>& inputs, std::chrono::milliseconds timeout);

// What the role answers: the result, as BulkCall() expects it.
Message BulkAnswer(const Result<Bytes>& result);

}  // namespace base
