#include "base/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>

#include "base/c_handle.h"

namespace base {

namespace {

// Fetched once: with EVP_sha256() OpenSSL 3 searches for it at each use.
const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

}  // namespace

Sha256Digest Sha256(ByteSpan data) {
  Sha256Digest digest;
  if (EVP_Digest(data.data(), data.size(), digest.bytes.data(), nullptr, Algorithm(), nullptr) !=
      1) {
    std::abort();
  }
  return digest;
}

struct Sha256Stream::Context {
  CHandle<EVP_MD_CTX, EVP_MD_CTX_free> evp{EVP_MD_CTX_new()};
};

Sha256Stream::Sha256Stream() : context_(std::make_unique<Context>()) {
  if (!context_->evp || EVP_DigestInit_ex(context_->evp.get(), Algorithm(), nullptr) != 1)
    std::abort();
}
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::Update(ByteSpan data) {
  if (EVP_DigestUpdate(context_->evp.get(), data.data(), data.size()) != 1) std::abort();
}

Sha256Digest Sha256Stream::Finish() && {
  Sha256Digest digest;
  if (EVP_DigestFinal_ex(context_->evp.get(), digest.bytes.data(), nullptr) != 1) std::abort();
  return digest;
}

std::optional<Sha256Digest> ToSha256Digest(ByteSpan bytes) {
  Sha256Digest digest;
  if (bytes.size() != digest.bytes.size()) return std::nullopt;
  std::ranges::copy(bytes, digest.bytes.begin());
  return digest;
}

}  // namespace base
