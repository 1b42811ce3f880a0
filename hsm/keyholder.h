// The keyholder role and the ways to reach it.
//
// ServeKeyholder() and ServeProvisioning(), each in a process of its own, are the only code of
// the product that loads the PKCS#11 module and reads the PIN. Everybody else holds a
// KeyholderClient, which speaks to it through a door.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/channel.h"
#include "base/result.h"
#include "hsm/ceremony.h"
#include "hsm/provisioner.h"
#include "hsm/seal_rule.h"
#include "hsm/signer.h"
#include "hsm/token_place.h"
#include "hsm/vault_keys.h"

namespace hsm {

// Exit code of a process of ours whose token hung: start it anew.
inline constexpr int kExitTokenHangs = 75;

struct KeyholderConfig : TokenPlace {
  // Used while the first stays away for longer than `token_patience` (hsm/token_choice.h); has the
  // vault's own keys of the same seed.
  std::optional<TokenPlace> second;
  std::filesystem::path token_choice;
  std::chrono::seconds token_patience{30};
  // Where the last signed checkpoint is remembered: the log never shrinks or forks.
  std::filesystem::path checkpoint_mark;
  std::string log_origin;  // Checkpoint origin, such as "vault.example/log1".
  // Labels of the vault's own keys.
  KeyLabel root_key{"vault-root"};
  KeyLabel mac_key{"vault-mac"};
  KeyLabel checkpoint_key{"vault-checkpoint"};
  SealRules seal_rules;             // Of the sealing keys that are used at all.
  std::filesystem::path seal_uses;  // Where used approvals and quotas are remembered.
  CeremonyRules ceremony;           // Who has to approve what is done to keys.
  // Record keys handed out in a minute, by use; those that are not named have a default.
  std::map<std::string, std::uint32_t> keys_per_minute;
  std::size_t sessions = 4;  // At most this many calls use the token at once.
  // A call of the module that takes longer ends the process (ADR 0012).
  std::chrono::milliseconds call_deadline{3'000};
  // Tokens that hold sealing keys alone, by name. Each has a keyholder of its own, so that one that
  // hangs ends nobody else's.
  std::map<std::string, TokenPlace, std::less<>> others;
  bool seals_only = false;  // The token is one of those.
};

// The name of [hsm.second] among tokens.
inline constexpr std::string_view kSecondToken = "second";

// What the keyholder of that token is to know: its place, and of the rules those of its keys. The
// token of the vault is "", and nobody but its keyholder goes over to the second.
// kInvalidInput "config.malformed": no token of that name.
base::Result<KeyholderConfig> OnToken(KeyholderConfig config, std::string_view name);

// Serves calls from `door` until every caller is gone. Never returns early because of the
// token: an absent token, a refused PIN or a lost session is answered as kUnavailable and
// tried again (a refused PIN excepted) with the next call. But a call of the token's that is not
// back in time ends the process: _exit(kExitTokenHangs) (call_watch.h), to be started anew.
// REQUIRES: `config` is OnToken()'s.
base::Status ServeKeyholder(const KeyholderConfig& config, const base::UniqueFd& door);

// All three interfaces over a door. Thread-safe.
// Besides their own errors: kUnavailable "channel.*" when the role is down or slow.
class KeyholderClient final : public Signer, public VaultKeys, public Provisioner {
 public:
  explicit KeyholderClient(base::ChannelClient channel);

  // Approvals (hsm/ceremony.h) that go with each following act on a key.
  void UseApprovals(std::vector<std::string> approvals) { approvals_ = std::move(approvals); }

  base::Result<SealingCertificate> Certificate(const KeyLabel& key,
                                               const std::string& agency) override;
  base::Result<Seal> SealReferences(const SealRequest& request) override;
  base::Result<SealedBatch> SealAll(const SealBatch& batch) override;
  base::Result<base::Time> CheckApproval(const HashBatch& batch) override;
  base::Result<std::vector<base::Bytes>> SignHashes(const HashBatch& batch) override;

  base::Result<TopKey> NewTop() override;
  base::Result<NewLeaf> MakeLeaf(const KeyPaths& paths, std::uint32_t leaf) override;
  base::Result<std::vector<base::Secret>> OpenKeys(KeyUse use, const KeyPaths& paths,
                                                   const std::vector<PlacedKey>& keys) override;
  base::Result<TopKey> NewRoot(const TopKey& top, const ErasureOrder& order) override;
  base::Result<std::vector<base::Bytes>> Rekey(const KeyPaths& before, const KeyPaths& after,
                                               const std::vector<NodeToRekey>& nodes) override;
  base::Status KeepRoot(const TopKey& top) override;
  base::Result<base::Sha256Digest> MacIdentifier(std::string_view identifier) override;
  base::Result<std::string> SignCheckpoint(const CheckpointBody& body) override;
  base::Result<std::string> CheckpointVerifierKey() override;

  base::Status GenerateKey(const KeyLabel& label, KeyKind kind) override;
  base::Result<base::Bytes> CertificateRequest(const KeyLabel& label,
                                               const CertificateSubject& subject) override;
  base::Status ImportCertificate(const KeyLabel& label, base::ByteSpan certificate,
                                 const std::vector<base::Bytes>& chain) override;
  base::Status RotateKey(const KeyLabel& label, const KeyLabel& successor) override;
  base::Status RetireKey(const KeyLabel& label, const KeyLabel& successor) override;
  base::Status DestroyKey(const KeyLabel& label) override;
  base::Result<std::vector<KeyFacts>> ListKeys() override;
  base::Result<std::vector<KeyShare>> ShareVaultKeys(ShareCounts counts) override;
  base::Status RestoreVaultKeys(const std::vector<KeyShare>& shares) override;
  base::Result<TokenFacts> Describe() override;

 private:
  base::ChannelClient channel_;
  std::vector<std::string> approvals_;
};

// The service's traffic must not reach provisioning: it has a role and a door of its own, during
// `init`, `key` and `doctor` only. Each act on a key needs the approvals that the configuration
// asks for (hsm/ceremony_guard.h), beside the errors of Provisioner.
base::Status ServeProvisioning(const KeyholderConfig& config, const base::UniqueFd& door);

// Makes a software token (SoftHSM2) in an empty slot. Development only.
// kConflict "token.exists" when a token of that label is there.
base::Status InitialiseSoftToken(const KeyholderConfig& config, const base::Secret& so_pin,
                                 const base::Secret& user_pin);

}  // namespace hsm
