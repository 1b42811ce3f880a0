// What decodes must encode to the same bytes: the ledger hashes them, so a record has one
// encoding only.
#include <cstdlib>

#include "vault/record_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::ByteSpan input(data, size);
  const auto record = vault::DecodeRecord(input);
  if (!record.ok()) return 0;
  const auto encoded = vault::EncodeRecord(record.value());
  if (!encoded.ok() || encoded.value() != base::Bytes(input.begin(), input.end())) std::abort();
  return 0;
}
