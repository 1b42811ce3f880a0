#include "vault/receipt.h"

#include <utility>

#include "base/base64.h"
#include "base/json.h"
#include "vault/merkle.h"
#include "vault/proof.h"
#include "vault/record_codec.h"
#include "vault/signed_note.h"
#include "vault/tlog_proof.h"
#include "vault/witnessing.h"

namespace vault {
namespace {

using base::Error;
using base::ErrorCode;

// Room for a path of 64 hashes and 64 signatures, the large post-quantum ones among them.
constexpr std::size_t kMaxReceiptSize = std::size_t{512} << 10U;

Error Malformed(const char* what) {
  return {ErrorCode::kInvalidInput, "receipt.malformed", what};
}

// What our receipts carry in the `extra` line. Not authenticated by itself: the entry is,
// by the tree, and the salt is, by the entry's commitment.
struct Extra {
  base::Bytes entry;
  base::Bytes salt;
  base::Bytes stamp;  // Empty: there is no such member.
};

std::string WriteExtra(const Extra& extra) {
  base::Json json;
  json.Set("entry", base::Base64Encode(extra.entry));
  json.Set("salt", base::Base64Encode(extra.salt));
  if (!extra.stamp.empty()) json.Set("stamp", base::Base64Encode(extra.stamp));
  return json.Dump();
}

std::optional<Extra> ParseExtra(std::string_view text) {
  const auto json = base::Json::Parse(text);
  if (!json.ok()) return std::nullopt;
  const auto entry = base::Base64Decode(json.value().Text("entry").value_or("-"));
  const auto salt = base::Base64Decode(json.value().Text("salt").value_or("-"));
  const auto stamp = base::Base64Decode(json.value().Text("stamp").value_or(""));
  if (!entry || !salt || !stamp) return std::nullopt;
  Extra extra{*entry, *salt, *stamp};
  // One spelling only, so that no byte of a receipt can be changed unnoticed.
  if (WriteExtra(extra) != text) return std::nullopt;
  return extra;
}

base::Result<CheckpointText> CheckedCheckpoint(std::string_view text, const VerifierKey& key) {
  const auto note = ParseSignedNote(text);
  const auto checkpoint = note ? ParseCheckpoint(note->text) : std::nullopt;
  if (!checkpoint) return Malformed("no checkpoint");
  switch (CheckNote(*note, key)) {
    case NoteCheck::kVerified: break;
    case NoteCheck::kNotSigned:
      return Error{ErrorCode::kInvalidInput, "receipt.wrong-key", "not signed by " + key.name};
    case NoteCheck::kBadSignature:
      return Error{ErrorCode::kInvalidInput, "receipt.bad-signature", "of " + key.name};
  }
  if (checkpoint->origin != key.name)
    return Error{ErrorCode::kInvalidInput, "receipt.wrong-key",
                 "the checkpoint is of " + checkpoint->origin + ", the key of " + key.name};
  return *checkpoint;
}

base::Result<VerifierKey> LogKey(std::string_view text) {
  const auto key = ParseVerifierKey(text);
  if (!key || key->type != NoteKeyType::kEd25519)
    return Error{ErrorCode::kInvalidInput, "receipt.bad-verifier-key", "not origin+id+base64"};
  return *key;
}

base::Status CheckDocument(const Record& record, base::ByteSpan salt,
                           const base::Sha256Digest& document) {
  if (record.kind == RecordKind::kDocument &&
      DocumentCommitment(salt, document) == record.commitment)
    return base::Ok();
  return Error{ErrorCode::kInvalidInput, "receipt.other-document",
               "the entry does not commit to this document"};
}

base::Result<std::vector<base::Time>> RequireCosigned(std::string_view note,
                                                      const std::vector<std::string>& witnesses) {
  std::vector<base::Time> times;
  for (const std::string& key : witnesses) {
    ASSIGN_OR_RETURN(const std::string name, WitnessName(key));
    const auto time = CosignedAt(note, key);
    if (!time) return Error{ErrorCode::kInvalidInput, "receipt.not-cosigned", name};
    times.push_back(*time);
  }
  return times;
}

}  // namespace

std::string WriteReceipt(const ReceiptParts& parts) {
  const std::string extra = WriteExtra({parts.record.encoded, parts.salt, parts.stamp});
  return WriteTlogProof({.extra = base::ToBytes(extra),
                         .index = parts.record.entry.value,
                         .path = parts.proof,
                         .checkpoint = parts.checkpoint});
}

base::Sha256Digest DocumentCommitment(base::ByteSpan salt, const base::Sha256Digest& document) {
  base::Bytes input;
  base::Append(salt, input);
  base::Append(document.span(), input);
  return base::Sha256(input);
}

base::Result<ReceiptVerdict> VerifyReceipt(std::string_view receipt, std::string_view verifier_key,
                                           const std::optional<base::Sha256Digest>& document,
                                           const std::vector<std::string>& witnesses) {
  ASSIGN_OR_RETURN(const VerifierKey key, LogKey(verifier_key));
  if (receipt.size() > kMaxReceiptSize) return Malformed("too large");
  const auto proof = ParseTlogProof(receipt);
  if (!proof) return Malformed("not a tlog-proof");
  const auto extra = ParseExtra(base::AsText(proof->extra));
  if (!extra) return Malformed("no entry and salt in its extra line");
  ASSIGN_OR_RETURN(CheckpointText checkpoint, CheckedCheckpoint(proof->checkpoint, key));
  if (RootFromInclusion(LeafHash(extra->entry), proof->index, checkpoint.size, proof->path) !=
      checkpoint.root)
    return Error{ErrorCode::kInvalidInput, "receipt.not-included",
                 "the entry does not lead to the checkpoint's root"};
  auto record = DecodeRecord(extra->entry);
  if (!record.ok()) return Malformed("its entry is no record of a version we know");
  if (document) RETURN_IF_ERROR(CheckDocument(record.value(), extra->salt, *document));
  ASSIGN_OR_RETURN(std::vector<base::Time> cosigned, RequireCosigned(proof->checkpoint, witnesses));
  return ReceiptVerdict{.record = std::move(record).value(),
                        .entry = {proof->index},
                        .tree_size = checkpoint.size,
                        .origin = std::move(checkpoint.origin),
                        .covers_document = document.has_value(),
                        .cosigned = std::move(cosigned),
                        .stamp = extra->stamp,
                        .stamped = base::Sha256(base::AsBytes(SignedPart(proof->checkpoint)))};
}

}  // namespace vault
