// An archive is refused, or every member reads to exactly its declared size, or an error.
#include <cstdlib>

#include "signing/zip_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  signing::ZipReader::Limits limits;
  limits.total_bytes = std::uint64_t{1} << 24U;
  auto reader = signing::ZipReader::Open({data, size}, limits);
  if (!reader.ok()) return 0;
  for (const signing::ZipEntry& entry : reader.value().entries()) {
    std::uint64_t read = 0;
    const auto status =
        reader.value().Stream(entry, [&](base::ByteSpan piece) { read += piece.size(); });
    if (status.ok() && read != entry.size) std::abort();
    if (status.ok() && !reader.value().WasRead(entry)) std::abort();
  }
  return 0;
}
