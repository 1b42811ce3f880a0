// Checkpoint notes: the bytes of C2SP tlog-checkpoint inside C2SP signed-note.
//
//   origin \n size \n base64(root) \n \n — origin base64(key id || signature) \n
#pragma once

#include <array>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "hsm/vault_keys.h"

namespace hsm {

// signed-note: a name has no space, no "+" and is not empty. kInvalidInput "origin.malformed".
base::Status CheckOrigin(std::string_view origin);

// The text that is signed; ends with a line feed.
std::string CheckpointText(std::string_view origin, const CheckpointBody& body);

// signed-note, "Ed25519": SHA-256(name || 0x0A || 0x01 || public key), first four bytes.
std::array<std::uint8_t, 4> NoteKeyId(std::string_view name, base::ByteSpan public_key);

std::string SignedNote(std::string_view text, std::string_view name, base::ByteSpan public_key,
                       base::ByteSpan signature);

// "name+key id+base64(0x01 || public key)"
std::string NoteVerifierKey(std::string_view name, base::ByteSpan public_key);

}  // namespace hsm
