// Signed notes, verifier keys and tree checkpoints as C2SP writes them (signed-note and
// tlog-checkpoint). Text in, values out; nothing here has secrets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"

namespace vault {

struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  base::Bytes signature;  // Behind the key id.
};

struct SignedNote {
  std::string text;  // What is signed, the final newline included.
  std::vector<NoteSignature> signatures;
};

// nullopt for anything that is not exactly a signed note: control characters, text that is
// not UTF-8, a missing blank line or final newline, no signature, more than 64 of them.
std::optional<SignedNote> ParseSignedNote(std::string_view note);

enum class NoteKeyType : std::uint8_t {
  kEd25519 = 0x01,      // signed-note: signs the text.
  kCosignature = 0x04,  // tlog-cosignature: signs a time and the text.
};

struct VerifierKey {
  std::string name;
  std::uint32_t key_id = 0;
  NoteKeyType type = NoteKeyType::kEd25519;
  base::Bytes public_key;
};

// "name+hhhhhhhh+base64". nullopt when malformed, of another type, or when the key id is not
// that of name and key.
std::optional<VerifierKey> ParseVerifierKey(std::string_view text);

enum class NoteCheck {
  kVerified,
  kNotSigned,     // No line bears the key's name and id.
  kBadSignature,  // One does, and it does not verify.
};
NoteCheck CheckNote(const SignedNote& note, const VerifierKey& key);

struct CheckpointText {
  std::string origin;
  std::uint64_t size = 0;
  base::Sha256Digest root;
  std::vector<std::string> extensions;
};

// The text of a note that is a checkpoint.
std::optional<CheckpointText> ParseCheckpoint(std::string_view text);

// A number as these formats write it: ASCII digits without leading zeroes.
std::optional<std::uint64_t> ParseDecimal(std::string_view text);

// A SHA-256 hash in base64.
std::optional<base::Sha256Digest> ParseHash(std::string_view text);

}  // namespace vault
