// CertificateStore: decodes each certificate once, however often it is handed in.
//
// OpenSSL's decoder costs more than most signature checks, and trusted lists repeat themselves.
#pragma once

#include <map>
#include <optional>

#include "base/bytes.h"
#include "base/digest.h"
#include "signing/certificate.h"

namespace signing {

// Not thread-safe.
class CertificateStore {
 public:
  // nullopt unless `der` is exactly one certificate; that is remembered as well.
  std::optional<Certificate> Get(base::ByteSpan der);

 private:
  std::map<base::Sha256Digest, std::optional<Certificate>> known_;
};

}  // namespace signing
