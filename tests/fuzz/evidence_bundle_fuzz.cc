// A bundle that is replayed identically is, byte for byte, what would be written of its members.
#include <algorithm>
#include <cstdlib>

#include "signing/evidence_bundle.h"
#include "signing/stored_zip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool kPrepared = [] {
    signing::PrepareVerifier();
    return true;
  }();
  static_cast<void>(kPrepared);
  const base::ByteSpan bundle(data, size);
  if (!signing::ReadReplay(signing::ReplayBundle(bundle)).ok()) return 0;
  const auto members = signing::ReadStoredZip(bundle);
  if (!members.ok()) std::abort();
  base::Bytes again;
  const auto take = [&](base::ByteSpan piece) { base::Append(piece, again); };
  const bool written = signing::WriteStoredZip(members.value(), take).ok();
  if (!written || !std::ranges::equal(again, bundle)) std::abort();
  return 0;
}
