// Routes: which flow answers which request. The table in routes.cc is the API.
#pragma once

#include "api/flow/backup_desk.h"
#include "api/flow/batch_queue.h"
#include "api/flow/client_history.h"
#include "api/flow/completion_queue.h"
#include "api/flow/document_receipt.h"
#include "api/flow/endorse_checkpoint.h"
#include "api/flow/erase_records.h"
#include "api/flow/fetch_trust.h"
#include "api/flow/find_client.h"
#include "api/flow/prove_digests.h"
#include "api/flow/publish_checkpoint.h"
#include "api/flow/read_document.h"
#include "api/flow/remote_signing.h"
#include "api/flow/scrub_vault.h"
#include "api/flow/sign_document.h"
#include "api/flow/submit_document.h"
#include "api/flow/trust_status.h"
#include "api/flow/two_step_signing.h"
#include "api/flow/upload.h"
#include "api/flow/verify_document.h"
#include "api/http/csc_routes.h"
#include "api/http/message.h"

namespace api {

// Borrowed; all outlive the server.
struct Flows {
  FindClient& find_client;
  SubmitDocument& submit_document;
  Uploads& uploads;
  SignDocument& sign_document;
  ExtendSignature& extend_signature;
  TwoStepSigning& two_step_signing;
  CompletionQueue& completions;
  BatchQueue& batches;
  RemoteSigning& remote_signing;
  ProveDigests& prove_digests;
  ReadDocument& read_document;
  VerifyDocument& verify_document;
  DocumentReceipt& document_receipt;
  ClientHistory& client_history;
  EraseRecords& erase_records;
  BackupDesk& backups;
  PublishCheckpoint& publish_checkpoint;
  EndorseCheckpoint& endorse_checkpoint;
  const ScrubVault& scrub;
  const vault::Ledger& ledger;  // Its tiles and proofs, which need no flow.
  hsm::VaultKeys& vault_keys;
  hsm::Provisioner& token;  // Only to ask how it is, for readiness.
  std::vector<std::reference_wrapper<hsm::Provisioner>> other_tokens;  // Likewise.
  TrustStatus& trust_status;
  FetchTrust& fetch_trust;
  const base::Clock& clock;
  const std::optional<CscService>& csc;  // nullopt: not served.
};

// Asked when the head of a request is read and its body is not: how many bytes of body it may
// have. `document_bytes` is the limit of bodies that are documents.
// kNotFound "http.no-such-path", kInvalidInput "http.method-not-allowed",
// kDenied "caller.wrong-role".
base::Result<std::size_t> Admit(const Request& request, std::size_t document_bytes);

// Thread-safe. Never fails: an error becomes a problem document. REQUIRES: admitted.
Response Answer(const Flows& flows, const Request& request);

}  // namespace api
