#include "hsm/checkpoint_note.h"

#include <algorithm>

#include "base/base64.h"

namespace hsm {
namespace {

constexpr std::uint8_t kEd25519 = 0x01;  // signed-note, "Signature types".

}  // namespace

base::Status CheckOrigin(std::string_view origin) {
  const auto allowed = [](char c) { return c > ' ' && c < '\x7f' && c != '+'; };
  if (!origin.empty() && origin.size() <= 255 && std::ranges::all_of(origin, allowed))
    return base::Ok();
  return base::Error{base::ErrorCode::kInvalidInput, "origin.malformed",
                     "a log origin has 1 to 255 visible ASCII characters and no '+'"};
}

std::string CheckpointText(std::string_view origin, const CheckpointBody& body) {
  return std::string(origin) + "\n" + std::to_string(body.size) + "\n" +
         base::Base64Encode(body.root.span()) + "\n";
}

std::array<std::uint8_t, 4> NoteKeyId(std::string_view name, base::ByteSpan public_key) {
  base::Bytes named = base::ToBytes(name);
  named.push_back('\n');
  named.push_back(kEd25519);
  base::Append(public_key, named);
  std::array<std::uint8_t, 4> id{};
  std::ranges::copy_n(base::Sha256(named).bytes.begin(), id.size(), id.begin());
  return id;
}

std::string SignedNote(std::string_view text, std::string_view name, base::ByteSpan public_key,
                       base::ByteSpan signature) {
  base::Bytes line;
  base::Append(NoteKeyId(name, public_key), line);
  base::Append(signature, line);
  return std::string(text) + "\n\u2014 " + std::string(name) + " " + base::Base64Encode(line) +
         "\n";
}

std::string NoteVerifierKey(std::string_view name, base::ByteSpan public_key) {
  base::Bytes typed{kEd25519};
  base::Append(public_key, typed);
  return std::string(name) + "+" + base::HexEncode(NoteKeyId(name, public_key)) + "+" +
         base::Base64Encode(typed);
}

}  // namespace hsm
