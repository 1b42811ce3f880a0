// FakeVaultKeys: vault keys without a token, that fail on demand. Wrapping is real AES-GCM
// under a key of the test's own, so a key opens for its owner only.
#pragma once

#include <functional>
#include <optional>

#include "base/aead.h"
#include "base/random.h"
#include "hsm/vault_keys.h"

namespace tests {

class FakeVaultKeys final : public hsm::VaultKeys {
 public:
  std::optional<base::Error> next_error;  // Given once, by the next call.
  int calls = 0;
  std::function<void()> while_signing = [] {};  // Inside SignCheckpoint().

  std::function<std::string(const hsm::CheckpointBody&)> sign = [](const auto& body) {
    return "checkpoint of " + std::to_string(body.size) + "\n";
  };

  base::Result<hsm::DocumentKey> NewDocumentKey(base::ByteSpan owner) override {
    if (auto error = Take()) return *error;
    const base::Bytes key = base::RandomBytes(base::kAeadKeySize);
    base::Bytes wrapped = base::RandomBytes(base::kAeadNonceSize);
    const base::Bytes nonce = wrapped;
    base::Append(base::AeadSeal(root_, nonce, owner, key), wrapped);
    return hsm::DocumentKey{base::Secret(key), wrapped};
  }

  base::Result<std::vector<base::Secret>> OpenDocumentKeys(
      const std::vector<hsm::WrappedKey>& keys) override {
    if (auto error = Take()) return *error;
    std::vector<base::Secret> opened;
    for (const hsm::WrappedKey& key : keys) {
      const base::ByteSpan wrapped = key.wrapped;
      auto plain = base::AeadOpen(root_, wrapped.first(base::kAeadNonceSize), key.owner,
                                  wrapped.subspan(base::kAeadNonceSize));
      if (!plain.ok()) return base::Error{base::ErrorCode::kCorrupted, "key.unwrap-failed", "fake"};
      opened.emplace_back(std::move(plain).value());
    }
    return opened;
  }

  base::Result<base::Sha256Digest> MacIdentifier(std::string_view identifier) override {
    if (auto error = Take()) return *error;
    return base::Sha256(base::AsBytes("mac key " + std::string(identifier)));
  }

  base::Result<std::string> SignCheckpoint(const hsm::CheckpointBody& body) override {
    if (auto error = Take()) return *error;
    while_signing();
    return sign(body);
  }

  base::Result<std::string> CheckpointVerifierKey() override { return std::string("key"); }

 private:
  std::optional<base::Error> Take() {
    ++calls;
    return std::exchange(next_error, std::nullopt);
  }

  base::Secret root_{base::Bytes(base::kAeadKeySize, 9)};
};

}  // namespace tests
