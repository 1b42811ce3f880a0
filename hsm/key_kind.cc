// The names of the kinds of keys, in calls, orders and on the command line.
#include <algorithm>
#include <array>

#include "hsm/provisioner.h"

namespace hsm {
namespace {

struct KindName {
  KeyKind kind;
  std::string_view name;
};
constexpr auto kKindNames = std::to_array<KindName>({
    {KeyKind::kSealRsa2048, "seal-rsa-2048"},
    {KeyKind::kSealRsa3072, "seal-rsa-3072"},
    {KeyKind::kSealRsa4096, "seal-rsa-4096"},
    {KeyKind::kSealP256, "seal-p256"},
    {KeyKind::kSealP384, "seal-p384"},
    {KeyKind::kSealP521, "seal-p521"},
    {KeyKind::kSealEd25519, "seal-ed25519"},
    {KeyKind::kRemoteRsa3072, "remote-rsa-3072"},
    {KeyKind::kRemoteP256, "remote-p256"},
    {KeyKind::kRemoteP384, "remote-p384"},
    {KeyKind::kCheckpointEd25519, "checkpoint-ed25519"},
    {KeyKind::kRootAes256, "root-aes-256"},
    {KeyKind::kMacHmacSha256, "mac-hmac-sha256"},
});

}  // namespace

std::string_view NameOf(KeyKind kind) {
  return std::ranges::find(kKindNames, kind, &KindName::kind)->name;
}

std::optional<KeyKind> FindKeyKind(std::string_view name) {
  const auto found = std::ranges::find(kKindNames, name, &KindName::name);
  if (found == kKindNames.end()) return std::nullopt;
  return found->kind;
}

}  // namespace hsm
