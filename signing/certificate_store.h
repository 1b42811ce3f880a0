// CertificateStore: decodes each certificate once, however often it is handed in.
//
// OpenSSL's decoder costs more than most signature checks, and trusted lists repeat themselves.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "signing/certificate.h"

namespace signing {

// A certificate that Certificate::Parse() and Share() give for its bytes, instead of decoding them
// again, for as long as somebody keeps this. Thread-safe, as the functions are.
using KeptCertificate = std::shared_ptr<const Certificate>;
std::vector<KeptCertificate> Keep(const std::vector<Certificate>& certificates);
// Of those that are kept; nullptr when it is not among them.
KeptCertificate FindKept(base::ByteSpan der);

// While one lives, what Certificate::Parse() decodes is kept too, for documents that bring the same
// certificates one after the other: up to kMost of them, the others are decoded each time. What a
// certificate is follows from its bytes alone, so nothing of a verdict depends on it.
class KeepDecoded {
 public:
  static constexpr std::size_t kMost = 64;

  KeepDecoded();
  ~KeepDecoded();
  KeepDecoded(const KeepDecoded&) = delete;
  KeepDecoded& operator=(const KeepDecoded&) = delete;
};
// For Parse(): it has decoded one.
void NoteDecoded(const Certificate& certificate);

// Not thread-safe.
class CertificateStore {
 public:
  // nullopt unless `der` is exactly one certificate; that is remembered as well.
  std::optional<Certificate> Get(base::ByteSpan der);

 private:
  std::map<base::Sha256Digest, std::optional<Certificate>> known_;
};

}  // namespace signing
