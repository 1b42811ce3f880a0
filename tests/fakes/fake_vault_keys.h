// FakeVaultKeys: vault keys without a token, that fail on demand. The key tree is the real one,
// over root keys in memory.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "base/aead.h"
#include "base/random.h"
#include "hsm/key_tree.h"
#include "hsm/vault_keys.h"

namespace tests {

// What a token holds: it outlives the process that uses it.
class FakeRoots final : public hsm::RootKeys {
 public:
  std::map<std::uint64_t, base::Secret> roots;

  FakeRoots() { roots.emplace(1, base::Secret(base::Bytes(base::kAeadKeySize, 9))); }

  base::Result<base::Bytes> Wrap(std::uint64_t generation, const base::Secret& key,
                                 base::ByteSpan associated) override {
    const auto root = roots.find(generation);
    if (root == roots.end()) return Unknown();
    base::Bytes wrapped = base::RandomBytes(base::kAeadNonceSize);
    const base::Bytes nonce = wrapped;
    base::Append(base::AeadSeal(root->second, nonce, associated, key.Reveal()), wrapped);
    return wrapped;
  }
  base::Result<base::Secret> Unwrap(std::uint64_t generation, base::ByteSpan wrapped,
                                    base::ByteSpan associated) override {
    const auto root = roots.find(generation);
    if (root == roots.end()) return Unknown();
    auto plain = base::AeadOpen(root->second, wrapped.first(base::kAeadNonceSize), associated,
                                wrapped.subspan(base::kAeadNonceSize));
    if (!plain.ok()) return base::Error{base::ErrorCode::kCorrupted, "key.unwrap-failed", "fake"};
    return base::Secret(std::move(plain).value());
  }
  base::Status Make(std::uint64_t generation) override {
    if (roots.contains(generation))
      return base::Error{base::ErrorCode::kConflict, "key.root-exists", "fake"};
    roots.emplace(generation, base::Secret(base::RandomBytes(base::kAeadKeySize)));
    return base::Ok();
  }
  base::Status DestroyOthers(std::uint64_t generation) override {
    if (!roots.contains(generation)) return Unknown();
    std::erase_if(roots, [&](const auto& root) { return root.first != generation; });
    return base::Ok();
  }

 private:
  static base::Error Unknown() { return {base::ErrorCode::kConflict, "key.root-unknown", "fake"}; }
};

class FakeVaultKeys final : public hsm::VaultKeys {
 public:
  FakeVaultKeys() : FakeVaultKeys(own_) {}
  explicit FakeVaultKeys(hsm::RootKeys& roots) : tree_(roots) {}

  std::optional<base::Error> next_error;  // Given once, by the next call.
  int calls = 0;
  std::function<void()> while_signing = [] {};  // Inside SignCheckpoint().
  std::function<std::string(const hsm::CheckpointBody&)> sign = [](const auto& body) {
    return "checkpoint of " + std::to_string(body.size) + "\n";
  };
  std::function<void(const char*)> before_erasing =  // What an erasure asks, by name.
      [](const char*) {};

  base::Result<hsm::TopKey> NewTop() override {
    if (auto error = Take()) return *error;
    return tree_.NewTop();
  }
  base::Result<hsm::NewLeaf> MakeLeaf(const hsm::KeyPaths& paths, std::uint32_t leaf) override {
    if (auto error = Take()) return *error;
    return tree_.MakeLeaf(paths, leaf);
  }
  base::Result<std::vector<base::Secret>> OpenKeys(
      hsm::KeyUse, const hsm::KeyPaths& paths, const std::vector<hsm::PlacedKey>& keys) override {
    if (auto error = Take()) return *error;
    return tree_.OpenKeys(paths, keys);
  }
  base::Result<hsm::TopKey> NewRoot(const hsm::TopKey& top, const hsm::ErasureOrder&) override {
    before_erasing("NewRoot");
    if (auto error = Take()) return *error;
    return tree_.NewRoot(top);
  }
  base::Result<std::vector<base::Bytes>> Rekey(
      const hsm::KeyPaths& before, const hsm::KeyPaths& after,
      const std::vector<hsm::NodeToRekey>& nodes) override {
    before_erasing("Rekey");
    if (auto error = Take()) return *error;
    return tree_.Rekey(before, after, nodes);
  }
  base::Status KeepRoot(const hsm::TopKey& top) override {
    before_erasing("KeepRoot");
    if (auto error = Take()) return *error;
    return tree_.KeepRoot(top);
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

  FakeRoots own_;
  hsm::KeyTree tree_;
};

}  // namespace tests
