#include "base/bulk_call.h"

#include "base/file.h"

namespace base {
Result<Bytes> BulkCall(const ChannelClient& channel, const Json& order,
                       const std::vector<ByteSpan>& inputs, const BulkLimits& limits) {
  Message request{ToBytes(order.Dump()), {}};
  for (const ByteSpan input : inputs) {
    ASSIGN_OR_RETURN(UniqueFd file, MemoryFile(input));
    request.files.push_back(std::move(file));
  }
  ASSIGN_OR_RETURN(const Message answer, channel.Call(request, limits.timeout));
  if (answer.files.size() == 1) return ReadFd(answer.files.front(), limits.max_answer);
  ASSIGN_OR_RETURN(const Json error, Json::Parse(AsText(answer.payload)));
  return ErrorFromJson(error);
}

Message BulkAnswer(const Result<Bytes>& result) {
  const auto failed = [](const Error& error) {
    return Message{ToBytes(ErrorToJson(error).Dump()), {}};
  };
  if (!result.ok()) return failed(result.error());
  auto file = MemoryFile(result.value());
  if (!file.ok()) return failed(file.error());
  Message answer{ToBytes("{}"), {}};
  answer.files.push_back(std::move(file).value());
  return answer;
}

}  // namespace base
