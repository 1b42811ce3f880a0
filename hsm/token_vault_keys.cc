#include "hsm/token_vault_keys.h"

#include <utility>

#include "hsm/checkpoint_note.h"
#include "hsm/key_purpose.h"
#include "hsm/public_key.h"

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kMaxIdentifier = 256;
// A checkpoint that hangs in the token does not keep the next ones waiting for longer.
constexpr std::chrono::seconds kTurn{1};

}  // namespace

TokenVaultKeys::TokenVaultKeys(SessionPool& pool, VaultKeyLabels labels, std::string log_origin,
                               std::filesystem::path checkpoint_mark, const KeyLimits& limits,
                               const base::Clock& clock)
    : pool_(pool),
      labels_(std::move(labels)),
      log_origin_(std::move(log_origin)),
      roots_(pool, labels_.root),
      tree_(roots_),
      rate_(limits, clock),
      guard_(std::move(checkpoint_mark), log_origin_) {}

base::Result<TopKey> TokenVaultKeys::NewTop() {
  return tree_.NewTop();
}

base::Result<NewLeaf> TokenVaultKeys::MakeLeaf(const KeyPaths& paths, std::uint32_t leaf) {
  return tree_.MakeLeaf(paths, leaf);
}

base::Result<std::vector<base::Secret>> TokenVaultKeys::OpenKeys(
    KeyUse use, const KeyPaths& paths, const std::vector<PlacedKey>& keys) {
  if (keys.size() > kMaxKeys)
    return Error{ErrorCode::kInvalidInput, "key.too-many",
                 "at most 256 keys at once, not " + std::to_string(keys.size())};
  RETURN_IF_ERROR(rate_.Take(use, keys.size()));
  return tree_.OpenKeys(paths, keys);
}

base::Result<TopKey> TokenVaultKeys::NewRoot(const TopKey& top, const ErasureOrder&) {
  return tree_.NewRoot(top);
}

base::Result<std::vector<base::Bytes>> TokenVaultKeys::Rekey(
    const KeyPaths& before, const KeyPaths& after, const std::vector<NodeToRekey>& nodes) {
  if (nodes.size() > kMaxNodesToRekey)
    return Error{ErrorCode::kInvalidInput, "key.too-many",
                 "at most 128 nodes at once, not " + std::to_string(nodes.size())};
  return tree_.Rekey(before, after, nodes);
}

base::Status TokenVaultKeys::KeepRoot(const TopKey& top) {
  return tree_.KeepRoot(top);
}

base::Result<base::Sha256Digest> TokenVaultKeys::MacIdentifier(std::string_view identifier) {
  if (identifier.empty() || identifier.size() > kMaxIdentifier)
    return Error{ErrorCode::kInvalidInput, "identifier.malformed",
                 "an identifier has 1 to 256 bytes, not " + std::to_string(identifier.size())};
  return pool_.Run([&](Session& session) -> base::Result<base::Sha256Digest> {
    ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE key, FindKey(session, KeyPurpose::kMac, labels_.mac));
    ASSIGN_OR_RETURN(const base::Bytes mac,
                     session.Sign({CKM_SHA256_HMAC, nullptr, 0}, key, base::AsBytes(identifier)));
    const auto digest = base::ToSha256Digest(mac);
    if (digest) return *digest;
    return Error{ErrorCode::kUnavailable, "token.unsupported",
                 "the token's HMAC-SHA-256 has " + std::to_string(mac.size()) + " bytes"};
  });
}

base::Result<base::Bytes> TokenVaultKeys::CheckpointPublicKey(Session& session) const {
  RETURN_IF_ERROR(CheckLabel(labels_.checkpoint));
  ASSIGN_OR_RETURN(const PublicKey key, PublicKey::FromToken(session, KeyId(KeyPurpose::kCheckpoint,
                                                                            labels_.checkpoint)));
  return key.Ed25519Bytes();
}

base::Result<std::string> TokenVaultKeys::SignCheckpoint(const CheckpointBody& body) {
  RETURN_IF_ERROR(CheckOrigin(log_origin_));
  // One at a time: two at once could otherwise both be "the next".
  std::unique_lock lock(mutex_);
  if (!turn_.wait_for(lock, kTurn, [this] { return !is_signing_; }))
    return Error{ErrorCode::kUnavailable, "token.busy", "the checkpoint before is not signed yet"};
  is_signing_ = true;
  lock.unlock();
  auto note = SignNext(body);
  lock.lock();
  is_signing_ = false;
  turn_.notify_one();
  return note;
}

base::Result<std::string> TokenVaultKeys::SignNext(const CheckpointBody& body) {
  RETURN_IF_ERROR(guard_.Check(body));
  const std::string text = CheckpointText(log_origin_, body);
  auto note = pool_.Run([&](Session& session) -> base::Result<std::string> {
    ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE key,
                     FindKey(session, KeyPurpose::kCheckpoint, labels_.checkpoint));
    ASSIGN_OR_RETURN(
        const PublicKey public_key,
        PublicKey::FromToken(session, KeyId(KeyPurpose::kCheckpoint, labels_.checkpoint)));
    ASSIGN_OR_RETURN(const base::Bytes signature,
                     session.Sign({CKM_EDDSA, nullptr, 0}, key, base::AsBytes(text)));
    if (!public_key.VerifiesEd25519(base::AsBytes(text), signature))
      return Error{ErrorCode::kUnavailable, "token.bad-signature",
                   "the token's checkpoint signature does not verify"};
    return SignedNote(text, log_origin_, public_key.Ed25519Bytes(), signature);
  });
  if (note.ok()) RETURN_IF_ERROR(guard_.Remember(body));
  return note;
}

base::Result<std::string> TokenVaultKeys::CheckpointVerifierKey() {
  RETURN_IF_ERROR(CheckOrigin(log_origin_));
  return pool_.Run([&](Session& session) -> base::Result<std::string> {
    ASSIGN_OR_RETURN(const base::Bytes key, CheckpointPublicKey(session));
    return NoteVerifierKey(log_origin_, key);
  });
}

}  // namespace hsm
