#include "api/flow/submit_document.h"

#include <algorithm>
#include <array>

#include "api/flow/find_client.h"
#include "base/random.h"
#include "vault/receipt.h"

namespace api {
namespace {

constexpr std::size_t kSaltSize = 16;
constexpr std::array<std::string_view, 2> kDirections{"outgoing", "incoming"};
constexpr std::array<std::string_view, 4> kChannels{"electronic", "in-person", "phone", "post"};

base::Status CheckSubmission(const Submission& submission) {
  if (submission.bytes.empty() && !submission.seal)
    return base::Error{base::ErrorCode::kInvalidInput, "document.empty", "no bytes"};
  if (!signing::IsDocumentName(submission.name))
    return base::Error{base::ErrorCode::kInvalidInput, "document.bad-name",
                       "a name that cannot be a document's"};
  if (!signing::IsMediaType(submission.media_type))
    return base::Error{base::ErrorCode::kInvalidInput, "document.bad-media-type",
                       "not a type/subtype"};
  if (std::ranges::find(kDirections, submission.direction) == kDirections.end() ||
      std::ranges::find(kChannels, submission.channel) == kChannels.end())
    return base::Error{base::ErrorCode::kInvalidInput, "document.bad-direction",
                       "direction or channel of another name"};
  return base::Ok();
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
  record.kind = vault::RecordKind::kDocument;
  record.id = vault::RecordId::New();
  record.stored_at = clock_.Now();
  record.agency = caller.agency;
  record.client = client;

  ASSIGN_OR_RETURN(const NewKey key, keys_.Take());
  record.key = key.slot;
  ASSIGN_OR_RETURN(const vault::Written written,
                   segments_.Append(caller.agency, record.stored_at, ContentKey(key.key), bytes));
  record.content = written.where;
  record.content_sha256 = written.sha256;

  const base::Bytes salt = base::RandomBytes(kSaltSize);
  const base::Sha256Digest digest = base::Sha256(bytes);
  record.commitment = vault::DocumentCommitment(salt, digest);
  base::Json metadata;
  metadata.Set("name", submission.name);
  metadata.Set("mediaType", submission.media_type);
  metadata.Set("size", bytes.size());
  metadata.Set("sha256", base::HexEncode(digest.bytes));
  metadata.Set("salt", base::HexEncode(salt));
  metadata.Set("direction", submission.direction);
  metadata.Set("channel", submission.channel);
  record.sealed = SealMetadata(key.key, record.id, metadata);

  ASSIGN_OR_RETURN(const vault::Appended appended, ledger_.Append(record));
  return StoredDocument{.id = record.id, .appended = appended, .client = client};
}

}  // namespace api
