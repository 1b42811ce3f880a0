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
// An answer larger than `max_answer` is kInvalidInput "file.too-large": a role that was taken
// over must not fill the memory of its caller.
struct BulkLimits {
  std::chrono::milliseconds timeout;
  std::size_t max_answer;
};
Result<Bytes> BulkCall(const ChannelClient& channel, const Json& order,
                       const std::vector<ByteSpan>& inputs, const BulkLimits& limits);

// What the role answers: the result, as BulkCall() expects it.
Message BulkAnswer(const Result<Bytes>& result);

}  // namespace base
