// The front role: HTTPS, flows and the vault. No PKCS#11 module, no way out, no document
// ever parsed.
#include <signal.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "api/every_second.h"
#include "api/flow/erase_records.h"
#include "api/flow/signer_of_keys.h"
#include "api/http/routes.h"
#include "api/http/server.h"
#include "api/inspector.h"
#include "api/outbound/courier.h"
#include "api/roles.h"
#include "api/trust_timer.h"
#include "base/log.h"
#include "hsm/keyholder.h"
#include "vault/ledger.h"
#include "vault/recovery.h"
#include "vault/segments.h"

namespace api {
namespace {

constexpr std::size_t kFirstSealer = 3;  // Door of the first of the other tokens' keyholders.

// Who runs an older copy of keys/ is told so; a token that is away may come back.
base::Status SettleErasures(EraseRecords& erase) {
  const base::Status settled = erase.Settle();
  if (!settled.ok()) base::LogError("erasure.not-settled", settled.error());
  const bool away = !settled.ok() && settled.error().code == base::ErrorCode::kUnavailable;
  return away ? base::Ok() : settled;
}

// SIGTERM and SIGINT are taken here and nowhere else in the process.
void WaitForTermination() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  int received = 0;
  sigwait(&signals, &received);
}

void BlockTermination() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

base::Status RunFront(const Config& config, std::vector<base::UniqueFd> doors) {
  BlockTermination();  // Before any thread starts, so that all inherit it.
  hsm::KeyholderClient keyholder{base::ChannelClient(std::move(doors.at(0)))};
  std::map<std::string, hsm::KeyholderClient> sealers;  // In the order of the supervisor's doors.
  SignerOfKeys::Others others;
  for (std::size_t door = kFirstSealer; const auto& [name, place] : config.hsm.others) {
    const auto sealer =
        sealers.try_emplace(name, base::ChannelClient(std::move(doors.at(door++)))).first;
    others.emplace(name, sealer->second);
  }
  SignerOfKeys signer(keyholder, std::move(others), config.hsm.seal_rules);
  InspectorClient inspector{base::ChannelClient(std::move(doors.at(1)))};
  CourierClient courier{base::ChannelClient(std::move(doors.at(2)))};
  const base::SystemClock clock;
  ASSIGN_OR_RETURN(const auto ledger, vault::Ledger::Open(config.data, {}));
  ASSIGN_OR_RETURN(const auto segments, vault::Segments::Open(config.data));

  ASSIGN_OR_RETURN(const auto key_store, vault::KeyStore::Open(config.data, {}));
  RecordKeys record_keys(*key_store, keyholder);

  // A recovered vault goes on under a new name, and no other does.
  RETURN_IF_ERROR(vault::RequireOrigin(*ledger, config.hsm.log_origin));
  CheckpointAnchor anchor(config.checkpoints.anchor, config.hsm.log_origin);
  PublishCheckpoint publish_checkpoint(*ledger, keyholder, anchor);
  BackUp back_up({*ledger, *segments, *key_store}, publish_checkpoint,
                 config.backup ? std::optional(config.backup->to) : std::nullopt, clock);
  EraseRecords erase_records(*ledger, *key_store, keyholder, record_keys, clock,
                             [&back_up] { return back_up.BeforeRootKeyGoes(); });
  RETURN_IF_ERROR(SettleErasures(erase_records));
  RecordAccess record_access(*ledger, record_keys, clock);
  FindClient find_client(record_access, *ledger, keyholder, clock);
  const TimestampTrust timestamp_trust{.tsa_certificates = config.tsa_certificates,
                                       .tsas = ServicesOf(config.courier.services, "tsa"),
                                       .responders = ServicesOf(config.courier.services, "ocsp"),
                                       .crls = ServicesOf(config.courier.lists, "crl"),
                                       .hourly = config.tsa_hourly};
  EvidenceDesk evidence_desk(inspector, courier, timestamp_trust, clock);
  ExtendSignature extend_signature(inspector, evidence_desk, clock);
  SignDocument sign_document(signer, inspector, evidence_desk, extend_signature, clock);
  PreparedStore prepared_store(config.data / "prepared", record_keys, clock);
  TwoStepSigning two_step_signing(inspector, extend_signature, prepared_store, clock);
  SubmitDocument submit_document(sign_document, *ledger, *segments, record_keys, clock);
  Uploads uploads(config.data / "uploads", *ledger, *segments, record_keys, clock);
  CompletionQueue completions(config.data / "completions", extend_signature, record_keys, clock);
  ProveDigests prove_digests(evidence_desk);
  BatchStore batch_store(config.data / "batches", keyholder, record_keys, clock);
  BatchQueue batches({signer, inspector, evidence_desk, extend_signature, *ledger, record_keys,
                      batch_store, config.callers, clock});
  RemoteSigning remote_signing(signer, record_keys, *ledger, config.hsm.seal_rules, clock);
  ReadDocument read_document(record_access, *ledger, *segments, record_keys);
  VerifyDocument verify_document(read_document, inspector, clock);
  EndorseCheckpoint endorse_checkpoint(*ledger, courier, evidence_desk, config.checkpoints, clock);
  ScrubVault scrub(*ledger, *segments, config.scrub_bytes, clock);
  DocumentReceipt document_receipt(read_document, publish_checkpoint, endorse_checkpoint, *ledger);
  ClientHistory client_history(record_access, *ledger, record_keys);
  const TrustConfig* const trust = config.trust ? &*config.trust : nullptr;
  FetchTrust fetch_trust(trust, courier, inspector, clock);
  BackupDesk backups(back_up, config.backup ? config.backup->every : std::chrono::minutes{0});
  TrustStatus trust_status(trust, inspector, fetch_trust, clock);
  std::vector<std::reference_wrapper<hsm::Provisioner>> other_tokens;
  for (auto& [name, sealer] : sealers) other_tokens.emplace_back(sealer);
  const Flows flows{find_client,
                    submit_document,
                    uploads,
                    sign_document,
                    extend_signature,
                    two_step_signing,
                    completions,
                    batches,
                    remote_signing,
                    prove_digests,
                    read_document,
                    verify_document,
                    document_receipt,
                    client_history,
                    erase_records,
                    backups,
                    publish_checkpoint,
                    endorse_checkpoint,
                    scrub,
                    *ledger,
                    keyholder,
                    keyholder,
                    other_tokens,
                    trust_status,
                    fetch_trust,
                    clock,
                    config.csc};

  // An older copy of the ledger is not served: by the anchor, by the token, which may be away and
  // come back, and by the witnesses that answer.
  RETURN_IF_ERROR(anchor.Check(*ledger));
  const base::Status confirmed = publish_checkpoint.ConfirmHead();
  if (!confirmed.ok()) base::LogError("checkpoint.not-confirmed", confirmed.error());
  if (!confirmed.ok() && confirmed.error().code == base::ErrorCode::kConflict)
    return confirmed.error();
  RETURN_IF_ERROR(endorse_checkpoint.AskAtStart());

  batches.Start();
  completions.Start();
  backups.Start();
  const EverySecond publishing("checkpoint.failed", [&] { return publish_checkpoint.Run(); });
  const EverySecond scrubbing("scrub.failed", [&] { return scrub.Run(); });
  const EverySecond endorsing("checkpoint.not-endorsed", [&] {
    endorse_checkpoint.Run();
    return base::Ok();
  });
  // An erasure that a crash or want of the token left unfinished ends as soon as it can.
  const EverySecond settling("erasure.not-settled", [&] {
    return erase_records.IsSettled() ? base::Ok() : erase_records.Settle();
  });
  const TrustTimer trust_timer(fetch_trust,
                               trust != nullptr ? trust->refresh : std::chrono::hours{0});
  const HttpServer::Handler handler{
      .admit = [&](const Request& request) { return Admit(request, config.document_bytes); },
      .answer = [&](const Request& request) { return Answer(flows, request); }};
  ASSIGN_OR_RETURN(const auto server, HttpServer::Start(config, handler));
  base::Json fields;
  fields.Set("address", config.listen.address);
  fields.Set("port", int{config.listen.port});
  base::Log(base::Severity::kInfo, "front.listening", fields);
  WaitForTermination();
  base::Log(base::Severity::kInfo, "front.stopping");
  return base::Ok();
}

}  // namespace api
