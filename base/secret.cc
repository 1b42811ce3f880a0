#include "base/secret.h"

#include <openssl/crypto.h>

namespace base {

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    Wipe();
    bytes_ = std::exchange(other.bytes_, {});
  }
  return *this;
}

void Secret::Wipe() noexcept {
  WipeBytes(bytes_);
}

void WipeBytes(Bytes& bytes) noexcept {
  if (!bytes.empty()) OPENSSL_cleanse(bytes.data(), bytes.size());
}

}  // namespace base
