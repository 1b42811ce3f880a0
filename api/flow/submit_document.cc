#include "api/flow/submit_document.h"

#include "api/flow/find_client.h"

namespace api {
namespace {

base::Status CheckSubmission(const Submission& submission) {
  if (submission.bytes.empty() && !submission.seal)
    return base::Error{base::ErrorCode::kInvalidInput, "document.empty", "no bytes"};
  return CheckDocumentFacts(submission.facts);
}

}  // namespace

base::Result<StoredDocument> SubmitDocument::Run(const Caller& caller,
                                                 const Submission& submission) {
  RETURN_IF_ERROR(CheckSubmission(submission));
  ASSIGN_OR_RETURN(const vault::ClientId client, KnownClient(ledger_, submission.client));
  if (!submission.seal) return Store(caller, submission, client, submission.bytes);
  ASSIGN_OR_RETURN(const SignedDocument container,
                   sign_document_.Run(caller, *submission.seal, submission.to_seal));
  return Store(caller, submission, client, container.bytes);
}

base::Result<StoredDocument> SubmitDocument::Store(const Caller& caller,
                                                   const Submission& submission,
                                                   const vault::ClientId& client,
                                                   base::ByteSpan bytes) {
  vault::Record record;
  record.id = vault::RecordId::New();
  record.stored_at = clock_.Now();
  record.agency = caller.agency;
  record.client = client;

  ASSIGN_OR_RETURN(const NewKey key, keys_.Take());
  record.key = key.slot;
  const base::Secret content_key = ContentKey(key.key);
  // One wait for the disk less.
  const bool is_small = bytes.size() <= vault::kMostInline;
  ASSIGN_OR_RETURN(const vault::Written written,
                   is_small
                       ? vault::SealInline(content_key, bytes)
                       : segments_.Append(caller.agency, record.stored_at, content_key, bytes));
  DescribeDocument(submission.facts,
                   {.written = written, .size = bytes.size(), .sha256 = base::Sha256(bytes)},
                   key.key, record);
  ASSIGN_OR_RETURN(const vault::Appended appended, ledger_.Append(record));
  return StoredDocument{.id = record.id, .appended = appended, .client = client};
}

}  // namespace api
