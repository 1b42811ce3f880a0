// The witness's judgement, and what it remembers: its key and, for each log, the last note that it
// cosigned, each in a file of its folder.
#include <openssl/evp.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

#include "base/base64.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/random.h"
#include "emulator/authority_keys.h"
#include "emulator/emulator.h"
#include "vault/proof.h"
#include "vault/signed_note.h"

namespace emulator {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kSeedSize = 32;
constexpr std::size_t kMaxProof = 63;  // tlog-witness: no more lines of it.
constexpr std::size_t kMaxNote = std::size_t{64} << 10U;

base::Bytes TypedKey(EVP_PKEY* key) {
  base::Bytes typed(1 + base::Sha256Digest{}.bytes.size());
  typed[0] = static_cast<std::uint8_t>(vault::NoteKeyType::kCosignature);
  std::size_t size = typed.size() - 1;
  if (EVP_PKEY_get_raw_public_key(key, typed.data() + 1, &size) != 1) std::abort();
  return typed;
}

base::Bytes Sign(EVP_PKEY* key, std::string_view message) {
  const base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
  base::Bytes signature(64);
  std::size_t size = signature.size();
  const base::ByteSpan bytes = base::AsBytes(message);
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, bytes.data(), bytes.size()) != 1)
    std::abort();
  return signature;
}

// What add-checkpoint sends.
struct Submitted {
  std::uint64_t old_size = 0;
  vault::Digests proof;
  std::string_view note;
};

std::optional<Submitted> ParseSubmitted(std::string_view body) {
  constexpr std::string_view kOld = "old ";
  Submitted submitted;
  const std::size_t blank = body.find("\n\n");
  if (blank == std::string_view::npos || !body.starts_with(kOld)) return std::nullopt;
  submitted.note = body.substr(blank + 2);
  std::string_view lines = body.substr(kOld.size(), blank + 1 - kOld.size());
  for (bool is_first = true; !lines.empty(); is_first = false) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(line.size() + 1);
    const auto size = is_first ? vault::ParseDecimal(line) : std::nullopt;
    const auto hash = is_first ? std::nullopt : vault::ParseHash(line);
    if ((!size && !hash) || submitted.proof.size() == kMaxProof) return std::nullopt;
    if (size) submitted.old_size = *size;
    if (hash) submitted.proof.push_back(*hash);
  }
  return submitted;
}

}  // namespace

struct Witness::State {
  std::filesystem::path folder;
  std::string name;
  EvpKey key;
  std::vector<vault::VerifierKey> logs;
  std::mutex mutex;  // Comparing with what was seen and remembering is one step.

  std::filesystem::path SeenFile(const std::string& origin) const {
    return folder / ("seen-" + base::HexEncode(base::Sha256(base::AsBytes(origin)).bytes));
  }

  base::Bytes KeyId() const {
    base::Bytes named = base::ToBytes(name + "\n");
    base::Append(TypedKey(key.get()), named);
    const base::Sha256Digest hash = base::Sha256(named);
    return {hash.bytes.begin(), hash.bytes.begin() + 4};
  }

  // The last checkpoint it cosigned; of size 0 when there is none.
  base::Result<vault::CheckpointText> Seen(const std::string& origin) const {
    const auto file = base::ReadFile(SeenFile(origin), kMaxNote);
    if (!file.ok() && file.error().code == ErrorCode::kNotFound)
      return vault::CheckpointText{origin, 0, vault::EmptyRoot(), {}};
    const auto seen = file.ok() ? vault::ParseCheckpoint(base::AsText(file.value())) : std::nullopt;
    if (!seen) return AuthorityDamaged(SeenFile(origin));
    return *seen;
  }

  std::string Cosign(const std::string& text, base::Time now) const {
    const auto seconds = static_cast<std::uint64_t>(now.time_since_epoch().count());
    base::Bytes bytes = KeyId();
    base::AppendUint64(seconds, bytes);
    base::Append(Sign(key.get(), "cosignature/v1\ntime " + std::to_string(seconds) + "\n" + text),
                 bytes);
    return "\u2014 " + name + " " + base::Base64Encode(bytes) + "\n";
  }
};

Witness::Witness(std::unique_ptr<State> state) : state_(std::move(state)) {}
Witness::~Witness() = default;

base::Result<std::unique_ptr<Witness>> Witness::Open(const std::filesystem::path& folder,
                                                     const std::string& name,
                                                     const std::vector<std::string>& log_keys) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const auto seed_file = folder / "witness.key";
  auto seed = base::ReadFile(seed_file, kSeedSize);
  if (!seed.ok() && seed.error().code == ErrorCode::kNotFound) {
    seed = base::RandomBytes(kSeedSize);
    RETURN_IF_ERROR(base::ReplaceFile(seed_file, seed.value(), 0600));
  }
  if (!seed.ok() || seed.value().size() != kSeedSize) return AuthorityDamaged(seed_file);
  auto state = std::make_unique<State>();
  state->folder = folder;
  state->name = name;
  state->key.reset(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.value().data(), kSeedSize));
  for (const std::string& text : log_keys) {
    auto key = vault::ParseVerifierKey(text);
    if (!key || key->type != vault::NoteKeyType::kEd25519)
      return Error{ErrorCode::kInvalidInput, "witness.bad-key", "of a log: " + text};
    state->logs.push_back(std::move(*key));
  }
  std::unique_ptr<Witness> witness(new Witness(std::move(state)));
  if (!vault::ParseVerifierKey(witness->verifier_key()))
    return Error{ErrorCode::kInvalidInput, "witness.bad-key", "no name: " + name};
  return witness;
}

std::string Witness::verifier_key() const {
  return state_->name + "+" + base::HexEncode(state_->KeyId()) + "+" +
         base::Base64Encode(TypedKey(state_->key.get()));
}

WitnessAnswer Witness::AddCheckpoint(std::string_view body, base::Time now) {
  const auto submitted = ParseSubmitted(body);
  const auto note = submitted ? vault::ParseSignedNote(submitted->note) : std::nullopt;
  const auto checkpoint = note ? vault::ParseCheckpoint(note->text) : std::nullopt;
  if (!checkpoint || submitted->old_size > checkpoint->size ||
      (submitted->old_size == 0 && !submitted->proof.empty()))
    return {400, ""};
  const auto log = std::ranges::find(state_->logs, checkpoint->origin, &vault::VerifierKey::name);
  if (log == state_->logs.end()) return {404, ""};
  if (vault::CheckNote(*note, *log) != vault::NoteCheck::kVerified) return {403, ""};

  const std::lock_guard lock(state_->mutex);
  const auto seen = state_->Seen(checkpoint->origin);
  if (!seen.ok()) return {500, ""};
  const vault::SizedRoot before{seen.value().size, seen.value().root};
  const bool is_other_root = before.size == checkpoint->size && before.root != checkpoint->root;
  if (submitted->old_size != before.size || is_other_root)
    return {409, std::to_string(before.size) + "\n"};
  if (!vault::IsConsistent(before, {checkpoint->size, checkpoint->root}, submitted->proof))
    return {422, ""};
  const base::Status kept =
      base::ReplaceFile(state_->SeenFile(checkpoint->origin), base::AsBytes(note->text), 0600);
  if (!kept.ok()) return {500, ""};
  return {200, state_->Cosign(note->text, now)};
}

}  // namespace emulator
