#include "vault/signed_note.h"

#include <algorithm>
#include <charconv>

#include "base/base64.h"
#include "base/ed25519.h"
#include "base/utf8.h"
#include "vault/unicode_space.h"

namespace vault {
namespace {

constexpr std::string_view kDash = "\xE2\x80\x94 ";  // U+2014, space.
constexpr std::size_t kMaxSignatures = 64;           // signed-note asks for 16 at least.
constexpr std::size_t kKeyIdSize = 4;
constexpr std::size_t kTimeSize = 8;

std::uint32_t ReadKeyId(base::ByteSpan bytes) {
  std::uint32_t id = 0;
  for (const std::uint8_t byte : bytes.first(kKeyIdSize)) id = (id << 8U) | byte;
  return id;
}

// "MUST be non-empty and MUST NOT contain any Unicode spaces or plus".
bool IsKeyName(std::string_view name) {
  return !name.empty() && name.find('+') == std::string_view::npos && base::IsUtf8(name) &&
         !HasUnicodeSpace(name);
}

bool HasControlCharacter(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return c != '\n' && c >= 0 && c < 0x20; });
}

// "— name base64", without the newline.
std::optional<NoteSignature> ParseSignatureLine(std::string_view line) {
  if (!line.starts_with(kDash)) return std::nullopt;
  line.remove_prefix(kDash.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view name = line.substr(0, space);
  const auto bytes = base::Base64Decode(line.substr(space + 1));
  if (!IsKeyName(name) || !bytes || bytes->size() <= kKeyIdSize) return std::nullopt;
  return NoteSignature{
      std::string(name), ReadKeyId(*bytes), {bytes->begin() + kKeyIdSize, bytes->end()}};
}

std::optional<NoteKeyType> ParseKeyType(std::uint8_t byte) {
  for (const NoteKeyType type : {NoteKeyType::kEd25519, NoteKeyType::kCosignature})
    if (byte == static_cast<std::uint8_t>(type)) return type;
  return std::nullopt;
}

// "key ID = SHA-256(key name || 0x0A || signature type || public key)[:4]"
std::uint32_t KeyIdOf(std::string_view name, base::ByteSpan typed_key) {
  base::Bytes input = base::ToBytes(name);
  input.push_back('\n');
  base::Append(typed_key, input);
  return ReadKeyId(base::Sha256(input).span());
}

bool Verifies(const NoteSignature& signature, const VerifierKey& key, std::string_view text) {
  if (key.type == NoteKeyType::kEd25519)
    return base::VerifyEd25519(key.public_key, base::AsBytes(text), signature.signature);
  // tlog-cosignature: a timestamp, then the signature of "cosignature/v1", time and text.
  if (signature.signature.size() != kTimeSize + base::kEd25519SignatureSize) return false;
  const std::string message = "cosignature/v1\ntime " +
                              std::to_string(base::ReadUint64(signature.signature)) + "\n" +
                              std::string(text);
  return base::VerifyEd25519(key.public_key, base::AsBytes(message),
                             base::ByteSpan(signature.signature).subspan(kTimeSize));
}

// Splits off the first line, newline not included; nullopt when there is no newline.
std::optional<std::string_view> TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace

std::optional<SignedNote> ParseSignedNote(std::string_view note) {
  if (HasControlCharacter(note) || !base::IsUtf8(note)) return std::nullopt;
  // "the text is separated from the signatures by the last empty line in the note"
  const std::size_t blank = note.rfind("\n\n");
  if (blank == std::string_view::npos) return std::nullopt;
  SignedNote parsed;
  parsed.text = note.substr(0, blank + 1);
  std::string_view lines = note.substr(blank + 2);
  while (!lines.empty()) {
    const auto line = TakeLine(lines);
    auto signature = line ? ParseSignatureLine(*line) : std::nullopt;
    if (!signature || parsed.signatures.size() == kMaxSignatures) return std::nullopt;
    parsed.signatures.push_back(std::move(*signature));
  }
  if (parsed.signatures.empty()) return std::nullopt;
  return parsed;
}

std::optional<VerifierKey> ParseVerifierKey(std::string_view text) {
  constexpr std::size_t kIdDigits = 2 * kKeyIdSize;
  const std::size_t plus = text.find('+');
  if (plus == std::string_view::npos) return std::nullopt;
  const std::string_view name = text.substr(0, plus);
  const std::string_view rest = text.substr(plus + 1);
  if (!IsKeyName(name) || rest.size() <= kIdDigits || rest[kIdDigits] != '+') return std::nullopt;
  const auto id = base::HexDecode(rest.substr(0, kIdDigits));
  const auto typed_key = base::Base64Decode(rest.substr(kIdDigits + 1));
  if (!id || !typed_key || typed_key->size() != 1 + base::kEd25519KeySize) return std::nullopt;
  const auto type = ParseKeyType(typed_key->front());
  if (!type || KeyIdOf(name, *typed_key) != ReadKeyId(*id)) return std::nullopt;
  return VerifierKey{
      std::string(name), ReadKeyId(*id), *type, {typed_key->begin() + 1, typed_key->end()}};
}

NoteCheck CheckNote(const SignedNote& note, const VerifierKey& key) {
  NoteCheck check = NoteCheck::kNotSigned;
  for (const NoteSignature& signature : note.signatures) {
    // "Verifiers MUST ignore signatures from unknown keys, even if they share a name or ID
    // (but not both) with a known key."
    if (signature.name != key.name || signature.key_id != key.key_id) continue;
    if (!Verifies(signature, key, note.text)) return NoteCheck::kBadSignature;
    check = NoteCheck::kVerified;
  }
  return check;
}

std::optional<CheckpointText> ParseCheckpoint(std::string_view text) {
  const auto origin = TakeLine(text);
  const auto size = origin ? TakeLine(text) : std::nullopt;
  const auto root = size ? TakeLine(text) : std::nullopt;
  if (!root || origin->empty()) return std::nullopt;
  const auto number = ParseDecimal(*size);
  const auto hash = ParseHash(*root);
  if (!number || !hash) return std::nullopt;
  CheckpointText checkpoint{std::string(*origin), *number, *hash, {}};
  while (!text.empty()) {
    const auto line = TakeLine(text);
    if (!line || line->empty()) return std::nullopt;
    checkpoint.extensions.emplace_back(*line);
  }
  return checkpoint;
}

std::optional<std::uint64_t> ParseDecimal(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stopped != end) return std::nullopt;
  return number;
}

std::optional<base::Sha256Digest> ParseHash(std::string_view text) {
  const auto bytes = base::Base64Decode(text);
  return bytes ? base::ToSha256Digest(*bytes) : std::nullopt;
}

}  // namespace vault
