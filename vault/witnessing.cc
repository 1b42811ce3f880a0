#include "vault/witnessing.h"

#include <chrono>

#include "base/base64.h"
#include "vault/signed_note.h"

namespace vault {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kTimeSize = 8;
constexpr std::size_t kMaxAnswer = std::size_t{64} << 10U;

std::optional<VerifierKey> WitnessKey(std::string_view text) {
  auto key = ParseVerifierKey(text);
  if (!key || key->type != NoteKeyType::kCosignature) return std::nullopt;
  return key;
}

bool IsOf(const NoteSignature& signature, const VerifierKey& key) {
  return signature.name == key.name && signature.key_id == key.key_id;
}

std::string SignatureLine(const NoteSignature& signature) {
  base::Bytes bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    bytes.push_back(static_cast<std::uint8_t>(signature.key_id >> shift));
  base::Append(signature.signature, bytes);
  return "\u2014 " + signature.name + " " + base::Base64Encode(bytes) + "\n";
}

// The one line of the key in the answer that verifies for the text; nullptr when there is none.
std::optional<NoteSignature> LineOf(const SignedNote& answered, const VerifierKey& key) {
  for (const NoteSignature& signature : answered.signatures)
    if (IsOf(signature, key) &&
        CheckNote({answered.text, {signature}}, key) == NoteCheck::kVerified)
      return signature;
  return std::nullopt;
}

std::optional<base::Time> TimeOf(const NoteSignature& signature) {
  if (signature.signature.size() < kTimeSize) return std::nullopt;
  const std::uint64_t seconds = base::ReadUint64(signature.signature);
  // Zero is for keys that state no time; a witness does.
  constexpr std::uint64_t kYear9999 = 253'402'300'799;
  if (seconds == 0 || seconds > kYear9999) return std::nullopt;
  return base::Time(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

Error BadCosignature(const std::string& what) {
  return {ErrorCode::kInvalidInput, "witness.bad-cosignature", what};
}

}  // namespace

base::Result<std::string> WitnessName(std::string_view witness_key) {
  const auto key = WitnessKey(witness_key);
  if (!key)
    return Error{ErrorCode::kInvalidInput, "witness.bad-key",
                 "not name+id+base64 of an Ed25519 cosigner"};
  return key->name;
}

base::Result<TreeHead> NotedHead(std::string_view note, std::string_view origin) {
  const auto parsed = ParseSignedNote(note);
  const auto checkpoint = parsed ? ParseCheckpoint(parsed->text) : std::nullopt;
  if (!checkpoint || checkpoint->origin != origin)
    return Error{ErrorCode::kCorrupted, "checkpoint.damaged",
                 "no checkpoint of " + std::string(origin)};
  return TreeHead{checkpoint->size, checkpoint->root};
}

std::string SignedPart(std::string_view note) {
  const std::size_t blank = note.rfind("\n\n");
  if (blank == std::string_view::npos) return std::string(note);
  const std::size_t end = note.find('\n', blank + 2);
  return std::string(note.substr(0, end == std::string_view::npos ? end : end + 1));
}

std::string AddCheckpointBody(std::uint64_t old_size, const std::vector<base::Sha256Digest>& proof,
                              std::string_view note) {
  std::string body = "old " + std::to_string(old_size) + "\n";
  for (const base::Sha256Digest& hash : proof) body += base::Base64Encode(hash.span()) + "\n";
  return body + "\n" + std::string(note);
}

std::optional<std::uint64_t> SizeOfConflict(std::string_view body) {
  if (!body.ends_with('\n')) return std::nullopt;
  return ParseDecimal(body.substr(0, body.size() - 1));
}

base::Result<std::string> WithCosignature(std::string_view note, std::string_view answer,
                                          std::string_view witness_key,
                                          const CosignatureRules& rules) {
  const auto key = WitnessKey(witness_key);
  const auto kept = ParseSignedNote(note);
  if (!key || !kept) return BadCosignature("no key, or no note, to check it by");
  if (answer.size() > kMaxAnswer) return BadCosignature(key->name + ": too long");
  const auto answered = ParseSignedNote(kept->text + "\n" + std::string(answer));
  const auto line = answered ? LineOf(*answered, *key) : std::nullopt;
  const auto time = line ? TimeOf(*line) : std::nullopt;
  if (!time) return BadCosignature(key->name + ": no line of its verifies");
  if (*time > rules.now + rules.skew || *time + rules.skew < rules.now)
    return BadCosignature(key->name + ": its time is " + base::FormatTime(*time));
  std::string text = kept->text + "\n";
  for (const NoteSignature& signature : kept->signatures)
    if (!IsOf(signature, *key)) text += SignatureLine(signature);
  return text + SignatureLine(*line);
}

std::optional<base::Time> CosignedAt(std::string_view note, std::string_view witness_key) {
  const auto key = WitnessKey(witness_key);
  const auto parsed = ParseSignedNote(note);
  const auto line = key && parsed ? LineOf(*parsed, *key) : std::nullopt;
  return line ? TimeOf(*line) : std::nullopt;
}

}  // namespace vault
