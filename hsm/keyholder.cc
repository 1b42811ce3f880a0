#include "hsm/keyholder.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "hsm/ceremony_guard.h"
#include "hsm/guarded_signer.h"
#include "hsm/keyholder_protocol.h"
#include "hsm/session_pool.h"
#include "hsm/token_provisioner.h"
#include "hsm/token_signer.h"
#include "hsm/token_vault_keys.h"

namespace hsm {
namespace {

// Making an RSA key in a token takes its time.
constexpr std::chrono::seconds kProvisioningDeadline{170};
// They answer while every session is inside the token.
constexpr std::size_t kSpareThreads = 4;

PoolConfig PoolOf(const KeyholderConfig& config, DoorPurpose door) {
  PoolConfig pool;
  static_cast<TokenPlace&>(pool) = config;
  // A ceremony is in the token it was approved for, or not at all.
  if (door != DoorPurpose::kProvisioning) {
    pool.second = config.second;
    pool.token_choice = config.token_choice;
    pool.token_patience = config.token_patience;
  }
  pool.sessions = std::max<std::size_t>(config.sessions, 1);
  pool.call_deadline =
      door == DoorPurpose::kProvisioning ? kProvisioningDeadline : config.call_deadline;
  // The service cannot make or destroy anything in the token, not even by mistake.
  pool.mode = door == DoorPurpose::kProvisioning ? SessionMode::kReadWrite : SessionMode::kReadOnly;
  return pool;
}

KeyLimits LimitsOf(const KeyholderConfig& config) {
  KeyLimits limits = DefaultKeyLimits();
  for (auto& [use, limit] : limits) {
    const auto set = config.keys_per_minute.find(std::string(NameOf(use)));
    if (set != config.keys_per_minute.end()) limit = set->second;
  }
  return limits;
}

using Answer = base::Result<KeyholderAnswer>;

// Answers the calls of one door. Thread-safe, but for provisioning calls.
class Keyholder {
 public:
  Keyholder(const KeyholderConfig& config, DoorPurpose door)
      : door_(door),
        pool_(PoolOf(config, door)),
        token_signer_(pool_),
        signer_(token_signer_, {config.seal_rules, config.log_origin, config.seal_uses}, clock_),
        vault_keys_(pool_, {config.root_key, config.mac_key, config.checkpoint_key},
                    config.log_origin, config.checkpoint_mark, LimitsOf(config), clock_),
        provisioner_(pool_, {config.root_key, config.mac_key, config.checkpoint_key}),
        ceremony_(config.ceremony, config.log_origin, config.token_label, clock_),
        vault_(config.log_origin) {}

  // The caller wipes the bytes.
  Answer Serve(base::ByteSpan bytes) {
    auto split = SplitSecrets(bytes);
    ASSIGN_OR_RETURN(const KeyholderCall call, DecodeCall(split ? split->text : ""));
    if (!IsAnsweredAt(door_, call))
      return base::Error{base::ErrorCode::kDenied, "call.not-allowed",
                         "this door of the keyholder does not answer that call"};
    if (const auto* restore = std::get_if<RestoreVaultKeysCall>(&call))
      return Restore(*restore, std::move(split->secrets));
    return std::visit(*this, call);
  }

  Answer operator()(const CertificateCall& call) {
    ASSIGN_OR_RETURN(const SealingCertificate certificate,
                     signer_.Certificate(call.key, call.agency));
    return KeyholderAnswer{ToJson(certificate), {}};
  }
  Answer operator()(const SealRequest& call) {
    ASSIGN_OR_RETURN(const Seal seal, signer_.SealReferences(call));
    return KeyholderAnswer{ToJson(seal), {}};
  }
  Answer operator()(const SealBatch& call) {
    ASSIGN_OR_RETURN(const SealedBatch sealed, signer_.SealAll(call));
    return KeyholderAnswer{ToJson(sealed), {}};
  }
  Answer operator()(const CheckApprovalCall& call) {
    ASSIGN_OR_RETURN(const base::Time expires, signer_.CheckApproval(call.batch));
    return KeyholderAnswer{TextToJson(base::FormatTime(expires)), {}};
  }
  Answer operator()(const HashBatch& call) {
    ASSIGN_OR_RETURN(const std::vector<base::Bytes> values, signer_.SignHashes(call));
    return KeyholderAnswer{ListToJson(values), {}};
  }
  Answer operator()(const NewTopCall&) {
    ASSIGN_OR_RETURN(const TopKey top, vault_keys_.NewTop());
    return KeyholderAnswer{ToJson(top), {}};
  }
  Answer operator()(const MakeLeafCall& call) {
    ASSIGN_OR_RETURN(NewLeaf leaf, vault_keys_.MakeLeaf(call.paths, call.leaf));
    KeyholderAnswer answer{ToJson(leaf), {}};
    answer.secrets = std::move(leaf.keys);
    return answer;
  }
  Answer operator()(const OpenKeysCall& call) {
    ASSIGN_OR_RETURN(std::vector<base::Secret> keys,
                     vault_keys_.OpenKeys(call.use, call.paths, call.keys));
    return KeyholderAnswer{base::Json(base::Json::Object{}), std::move(keys)};
  }
  Answer operator()(const NewRootCall& call) {
    const std::lock_guard lock(erasure_);
    ASSIGN_OR_RETURN(const TopKey top,
                     ceremony_.Perform(ToErase(call.order.records), call.order.approvals,
                                       [&] { return vault_keys_.NewRoot(call.top, call.order); }));
    return KeyholderAnswer{ToJson(top), {}};
  }
  Answer operator()(const RekeyCall& call) {
    ASSIGN_OR_RETURN(const std::vector<base::Bytes> rows,
                     vault_keys_.Rekey(call.before, call.after, call.nodes));
    return KeyholderAnswer{ListToJson(rows), {}};
  }
  Answer operator()(const KeepRootCall& call) {
    const std::lock_guard lock(erasure_);
    RETURN_IF_ERROR(vault_keys_.KeepRoot(call.top));
    return Done();
  }
  Answer operator()(const MacCall& call) {
    ASSIGN_OR_RETURN(const base::Sha256Digest mac, vault_keys_.MacIdentifier(call.identifier));
    return KeyholderAnswer{BytesToJson(mac.span()), {}};
  }
  Answer operator()(const CheckpointBody& call) {
    ASSIGN_OR_RETURN(const std::string note, vault_keys_.SignCheckpoint(call));
    return KeyholderAnswer{TextToJson(note), {}};
  }
  Answer operator()(const VerifierKeyCall&) {
    ASSIGN_OR_RETURN(const std::string key, vault_keys_.CheckpointVerifierKey());
    return KeyholderAnswer{TextToJson(key), {}};
  }
  Answer operator()(const GenerateKeyCall& call) {
    RETURN_IF_ERROR(ceremony_.Perform(ToCreate(call.label, call.kind), call.approvals, [&] {
      return provisioner_.GenerateKey(call.label, call.kind);
    }));
    return Done();
  }
  Answer operator()(const CertificateRequestCall& call) {
    ASSIGN_OR_RETURN(const base::Bytes request,
                     ceremony_.Perform(ToRequest(call.label, call.subject), call.approvals, [&] {
                       return provisioner_.CertificateRequest(call.label, call.subject);
                     }));
    return KeyholderAnswer{BytesToJson(request), {}};
  }
  Answer operator()(const ImportCertificateCall& call) {
    RETURN_IF_ERROR(ceremony_.Perform(
        ToImport(call.label, call.certificate, call.chain), call.approvals,
        [&] { return provisioner_.ImportCertificate(call.label, call.certificate, call.chain); }));
    return Done();
  }
  Answer operator()(const RotateKeyCall& call) {
    RETURN_IF_ERROR(ceremony_.Perform(ToRotate(call.label, call.successor), call.approvals, [&] {
      return provisioner_.RotateKey(call.label, call.successor);
    }));
    return Done();
  }
  Answer operator()(const RetireKeyCall& call) {
    RETURN_IF_ERROR(ceremony_.Perform(ToRetire(call.label, call.successor), call.approvals, [&] {
      return provisioner_.RetireKey(call.label, call.successor);
    }));
    return Done();
  }
  Answer operator()(const DestroyKeyCall& call) {
    RETURN_IF_ERROR(ceremony_.Perform(ToDestroy(call.label), call.approvals,
                                      [&] { return provisioner_.DestroyKey(call.label); }));
    return Done();
  }
  Answer operator()(const ListKeysCall&) {
    ASSIGN_OR_RETURN(const std::vector<KeyFacts> keys, provisioner_.ListKeys());
    return KeyholderAnswer{ToJson(keys), {}};
  }
  Answer operator()(const ShareVaultKeysCall& call) {
    ASSIGN_OR_RETURN(std::vector<KeyShare> shares,
                     ceremony_.Perform(ToShare(call.counts), call.approvals,
                                       [&] { return provisioner_.ShareVaultKeys(call.counts); }));
    KeyholderAnswer answer{ToJson(shares), {}};
    for (KeyShare& share : shares) answer.secrets.push_back(std::move(share.value));
    return answer;
  }
  Answer operator()(const RestoreVaultKeysCall& call) { return Restore(call, {}); }
  Answer operator()(const DescribeCall&) {
    ASSIGN_OR_RETURN(Provisioner::TokenFacts facts, provisioner_.Describe());
    facts.vault = vault_;
    return KeyholderAnswer{ToJson(facts), {}};
  }

 private:
  static Answer Done() { return KeyholderAnswer{base::Json(base::Json::Object{}), {}}; }

  Answer Restore(const RestoreVaultKeysCall& call, std::vector<base::Secret> values) {
    if (values.size() != call.numbers.size())
      return base::Error{base::ErrorCode::kInvalidInput, "share.malformed", "not one for each"};
    std::vector<KeyShare> shares;
    for (std::size_t i = 0; i < values.size(); ++i)
      shares.push_back({call.set, call.needed, call.numbers[i], std::move(values[i])});
    RETURN_IF_ERROR(ceremony_.Perform(ToTransfer(call.set), call.approvals,
                                      [&] { return provisioner_.RestoreVaultKeys(shares); }));
    return Done();
  }

  const DoorPurpose door_;
  const base::SystemClock clock_;
  SessionPool pool_;
  TokenSigner token_signer_;
  GuardedSigner signer_;
  TokenVaultKeys vault_keys_;
  TokenProvisioner provisioner_;
  std::mutex erasure_;  // At the service's door ceremonies are erasures, one at a time.
  CeremonyGuard ceremony_;
  const std::string vault_;
};

void AnswerOne(Keyholder& keyholder, base::IncomingCall& call) {
  auto text = Unpack(std::move(call.request));
  const Answer answer = text.ok() ? keyholder.Serve(text.value()) : text.error();
  if (text.ok()) base::WipeBytes(text.value());
  auto packed = Pack(EncodeAnswer(answer));
  if (!packed.ok()) return;  // Out of memory files: the caller sees us go silent and retries.
  call.Answer(packed.value());
  base::WipeBytes(packed.value().payload);
}

void ServeUntilClosed(Keyholder& keyholder, const base::UniqueFd& door) {
  while (true) {
    auto call = base::TakeCall(door);
    if (!call.ok()) return;
    AnswerOne(keyholder, call.value());
  }
}

base::Status Serve(const KeyholderConfig& config, const base::UniqueFd& door, DoorPurpose purpose,
                   std::size_t threads) {
  Keyholder keyholder(config, purpose);
  base::Log(base::Severity::kInfo, "keyholder.started");
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < threads; ++i)
      others.emplace_back([&] { ServeUntilClosed(keyholder, door); });
    ServeUntilClosed(keyholder, door);
  }
  base::Log(base::Severity::kInfo, "keyholder.stopped");
  return base::Ok();
}

}  // namespace

base::Result<KeyholderConfig> OnToken(KeyholderConfig config, std::string_view name) {
  const auto other = config.others.find(name);
  const bool second = name == kSecondToken && config.second;
  if (!name.empty() && !second && other == config.others.end())
    return base::Error{base::ErrorCode::kInvalidInput, "config.malformed",
                       "no token " + std::string(name)};
  const std::string_view keys_in = second ? "" : name;
  std::erase_if(config.seal_rules, [&](const auto& rule) { return rule.second.token != keys_in; });
  if (name.empty()) return config;
  const TokenPlace place = second ? *config.second : other->second;
  static_cast<TokenPlace&>(config) = place;
  config.second.reset();
  config.seals_only = !second;
  if (config.seals_only) config.seal_uses += "-" + std::string(name);
  return config;
}

base::Status ServeKeyholder(const KeyholderConfig& config, const base::UniqueFd& door) {
  const auto purpose = config.seals_only ? DoorPurpose::kSealing : DoorPurpose::kService;
  return Serve(config, door, purpose, config.sessions + kSpareThreads);
}

base::Status ServeProvisioning(const KeyholderConfig& config, const base::UniqueFd& door) {
  return Serve(config, door, DoorPurpose::kProvisioning, 1);
}

}  // namespace hsm
