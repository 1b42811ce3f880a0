// A token is malformed, or has a signer whenever its signature is said to be good.
#include <cstdlib>

#include "signing/timestamp_token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto token = signing::ParseTimestampToken({data, size}, {});
  if (token.ok() && token.value().signature_ok && !token.value().signer) std::abort();
  return 0;
}
