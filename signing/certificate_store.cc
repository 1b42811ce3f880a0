#include "signing/certificate_store.h"

namespace signing {

std::optional<Certificate> CertificateStore::Get(base::ByteSpan der) {
  const auto [at, is_new] = known_.try_emplace(base::Sha256(der));
  if (is_new) at->second = Certificate::Parse(der);
  return at->second;
}

}  // namespace signing
