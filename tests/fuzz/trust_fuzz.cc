// Whatever is handed in as trust: without a verified signature it lists no service, and the
// name of the snapshot hangs on the bytes alone. Revocation data is read, or refused by name.
#include <cstdlib>

#include "signing/revocation.h"
#include "signing/trust_snapshot.h"
#include "signing/xml_gate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool prepared = [] {
    signing::PrepareXml();
    return true;
  }();
  if (!prepared) return 0;
  const base::ByteSpan bytes{data, size};
  const base::Time at = *base::ParseTime("2023-03-01T00:00:00Z");
  const auto snapshot = signing::TrustSnapshot::Read({{"input", bytes}}, at, nullptr);
  // No certificate was handed in beside it, so no list can have an allowed signer.
  if (!snapshot.services().empty() || !snapshot.lists().empty()) std::abort();
  const auto ocsp = signing::OcspResponse::Parse(bytes);
  if (ocsp.ok() && ocsp.value().Signer({}) && ocsp.value().certificates().empty()) std::abort();
  const auto crl = signing::RevocationList::Parse(bytes);
  if (!crl.ok() && crl.error().reason.rfind("crl.", 0) != 0) std::abort();
  return 0;
}
