#include "hsm/keyholder.h"

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
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
  pool.module = config.module;
  pool.module_arguments = config.module_arguments;
  pool.token_label = config.token_label;
  pool.pin_file = config.pin_file;
  pool.pin_refused_mark = config.pin_refused_mark;
  pool.environment = config.environment;
  pool.sessions = std::max<std::size_t>(config.sessions, 1);
  pool.call_deadline =
      door == DoorPurpose::kProvisioning ? kProvisioningDeadline : config.call_deadline;
  // The service cannot make or destroy anything in the token, not even by mistake.
  pool.mode = door == DoorPurpose::kProvisioning ? SessionMode::kReadWrite : SessionMode::kReadOnly;
  return pool;
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
                    config.log_origin, config.checkpoint_mark),
        provisioner_(pool_) {}

  Answer Serve(std::string_view text) {
    ASSIGN_OR_RETURN(const KeyholderCall call, DecodeCall(text));
    if (!IsAnsweredAt(door_, call))
      return base::Error{base::ErrorCode::kDenied, "call.not-allowed",
                         "this door of the keyholder does not answer that call"};
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
  Answer operator()(const NewDocumentKeyCall& call) {
    ASSIGN_OR_RETURN(DocumentKey key, vault_keys_.NewDocumentKey(call.owner));
    KeyholderAnswer answer{BytesToJson(key.wrapped), {}};
    answer.secrets.push_back(std::move(key.key));
    return answer;
  }
  Answer operator()(const OpenDocumentKeysCall& call) {
    ASSIGN_OR_RETURN(std::vector<base::Secret> keys, vault_keys_.OpenDocumentKeys(call.keys));
    return KeyholderAnswer{base::Json(base::Json::Object{}), std::move(keys)};
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
    RETURN_IF_ERROR(provisioner_.GenerateKey(call.label, call.kind));
    return Done();
  }
  Answer operator()(const CertificateRequestCall& call) {
    ASSIGN_OR_RETURN(const base::Bytes request,
                     provisioner_.CertificateRequest(call.label, call.subject));
    return KeyholderAnswer{BytesToJson(request), {}};
  }
  Answer operator()(const ImportCertificateCall& call) {
    RETURN_IF_ERROR(provisioner_.ImportCertificate(call.label, call.certificate, call.chain));
    return Done();
  }
  Answer operator()(const DescribeCall&) {
    ASSIGN_OR_RETURN(const Provisioner::TokenFacts facts, provisioner_.Describe());
    return KeyholderAnswer{ToJson(facts), {}};
  }

 private:
  static Answer Done() { return KeyholderAnswer{base::Json(base::Json::Object{}), {}}; }

  const DoorPurpose door_;
  const base::SystemClock clock_;
  SessionPool pool_;
  TokenSigner token_signer_;
  GuardedSigner signer_;
  TokenVaultKeys vault_keys_;
  TokenProvisioner provisioner_;
};

void AnswerOne(Keyholder& keyholder, base::IncomingCall& call) {
  auto text = Unpack(std::move(call.request));
  const Answer answer = text.ok() ? keyholder.Serve(base::AsText(text.value())) : text.error();
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

base::Status ServeKeyholder(const KeyholderConfig& config, const base::UniqueFd& door) {
  return Serve(config, door, DoorPurpose::kService, config.sessions + kSpareThreads);
}

base::Status ServeProvisioning(const KeyholderConfig& config, const base::UniqueFd& door) {
  return Serve(config, door, DoorPurpose::kProvisioning, 1);
}

}  // namespace hsm
