// SubmitDocument: an agency hands in a document; it leaves with an entry in the ledger.
#pragma once

#include <optional>
#include <string>

#include "api/caller.h"
#include "api/flow/document_record.h"
#include "api/flow/record_keys.h"
#include "api/flow/sign_document.h"
#include "base/clock.h"
#include "base/result.h"
#include "vault/ledger.h"
#include "vault/segments.h"

namespace api {

struct Submission {
  std::string client;  // Opaque reference.
  DocumentFacts facts;
  std::optional<SealOrder> seal;  // Seal `to_seal` first, and store that container.
  DocumentsToSeal to_seal;        // Only with `seal`.
  base::ByteSpan bytes;           // The document; only without `seal`.
};

struct StoredDocument {
  vault::RecordId id;
  vault::Appended appended;
  vault::ClientId client;
};

// Thread-safe if its parts are. Borrows them; they must outlive it.
class SubmitDocument {
 public:
  SubmitDocument(SignDocument& sign_document, vault::Ledger& ledger, vault::Segments& segments,
                 RecordKeys& keys, const base::Clock& clock)
      : sign_document_(sign_document),
        ledger_(ledger),
        segments_(segments),
        keys_(keys),
        clock_(clock) {}

  // When this returns ok, the document survives a power failure. When it fails, nothing of
  // it is in the ledger; but for kOutcomeUnknown "ledger.commit", when that has to be looked up.
  //
  // Errors: those of the parts, and kInvalidInput "document.empty", "document.bad-name",
  // "document.bad-media-type", "document.bad-direction"; kNotFound "client.unknown".
  base::Result<StoredDocument> Run(const Caller& caller, const Submission& submission);

 private:
  base::Result<StoredDocument> Store(const Caller& caller, const Submission& submission,
                                     const vault::ClientId& client, base::ByteSpan bytes);

  SignDocument& sign_document_;
  vault::Ledger& ledger_;
  vault::Segments& segments_;
  RecordKeys& keys_;
  const base::Clock& clock_;
};

}  // namespace api
