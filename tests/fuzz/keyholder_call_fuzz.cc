// What the keyholder decodes, it writes again as the same call.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/bytes.h"
#include "hsm/keyholder_protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto call = hsm::DecodeCall(base::AsText({data, size}));
  if (call.ok()) {
    const std::string text = hsm::EncodeCall(call.value());
    const auto again = hsm::DecodeCall(text);
    if (!again.ok() || hsm::EncodeCall(again.value()) != text) std::abort();
  }
  const auto answer = hsm::DecodeAnswer({data, size});
  if (answer.ok() && !hsm::DecodeAnswer(hsm::EncodeAnswer(answer)).ok()) std::abort();
  return 0;
}
