#include "signing/certificate_store.h"

#include <mutex>

namespace signing {
namespace {

struct Kept {
  std::mutex mutex;
  std::map<base::Sha256Digest, std::weak_ptr<const Certificate>> by_digest;
  int keepers = 0;  // Of KeepDecoded.
  std::vector<KeptCertificate> decoded;
};
Kept& AllKept() {
  static Kept kept;
  return kept;
}

}  // namespace

std::vector<KeptCertificate> Keep(const std::vector<Certificate>& certificates) {
  Kept& kept = AllKept();
  const std::lock_guard lock(kept.mutex);
  std::erase_if(kept.by_digest, [](const auto& one) { return one.second.expired(); });
  std::vector<KeptCertificate> all;
  for (const Certificate& certificate : certificates) {
    auto& known = kept.by_digest[certificate.Sha256()];
    KeptCertificate one = known.lock();
    if (one == nullptr) {
      one = std::make_shared<const Certificate>(certificate);
      known = one;
    }
    all.push_back(std::move(one));
  }
  return all;
}

KeptCertificate FindKept(base::ByteSpan der) {
  Kept& kept = AllKept();
  const std::lock_guard lock(kept.mutex);
  if (kept.by_digest.empty()) return nullptr;
  const auto found = kept.by_digest.find(base::Sha256(der));
  return found == kept.by_digest.end() ? nullptr : found->second.lock();
}

KeepDecoded::KeepDecoded() {
  Kept& kept = AllKept();
  const std::lock_guard lock(kept.mutex);
  ++kept.keepers;
}

KeepDecoded::~KeepDecoded() {
  Kept& kept = AllKept();
  const std::lock_guard lock(kept.mutex);
  if (--kept.keepers > 0) return;
  kept.decoded.clear();
  std::erase_if(kept.by_digest, [](const auto& one) { return one.second.expired(); });
}

void NoteDecoded(const Certificate& certificate) {
  Kept& kept = AllKept();
  const std::lock_guard lock(kept.mutex);
  if (kept.keepers == 0 || kept.decoded.size() >= KeepDecoded::kMost) return;
  kept.decoded.push_back(std::make_shared<const Certificate>(certificate));
  kept.by_digest[certificate.Sha256()] = kept.decoded.back();
}

std::optional<Certificate> CertificateStore::Get(base::ByteSpan der) {
  const auto [at, is_new] = known_.try_emplace(base::Sha256(der));
  if (is_new) at->second = Certificate::Parse(der);
  return at->second;
}

}  // namespace signing
