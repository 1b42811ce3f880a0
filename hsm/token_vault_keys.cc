#include "hsm/token_vault_keys.h"

#include <array>
#include <utility>

#include "base/aead.h"
#include "base/random.h"
#include "hsm/checkpoint_note.h"
#include "hsm/key_purpose.h"
#include "hsm/public_key.h"

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::string_view kAssociatedPrefix = "edocvault document key";
constexpr std::size_t kOwnerSize = 16;
constexpr std::size_t kWrappedSize = base::kAeadNonceSize + base::kAeadKeySize + base::kAeadTagSize;
constexpr std::size_t kMaxKeys = 256;
constexpr std::size_t kMaxIdentifier = 256;
// A checkpoint that hangs in the token does not keep the next ones waiting for longer.
constexpr std::chrono::seconds kTurn{1};

base::Status CheckOwner(base::ByteSpan owner) {
  if (owner.size() == kOwnerSize) return base::Ok();
  return Error{ErrorCode::kInvalidInput, "key.malformed-owner",
               "an owner id has 16 bytes, not " + std::to_string(owner.size())};
}

// AES-GCM in the token, bound to one owner.
class RootCipher {
 public:
  RootCipher(Session& session, CK_OBJECT_HANDLE root, base::ByteSpan nonce, base::ByteSpan owner)
      : session_(session),
        root_(root),
        nonce_(nonce.begin(), nonce.end()),
        associated_(base::ToBytes(kAssociatedPrefix)) {
    base::Append(owner, associated_);
    parameters_.pIv = nonce_.data();
    parameters_.ulIvLen = nonce_.size();
    parameters_.ulIvBits = nonce_.size() * 8;
    parameters_.pAAD = associated_.data();
    parameters_.ulAADLen = associated_.size();
    parameters_.ulTagBits = base::kAeadTagSize * 8;
  }

  base::Result<base::Bytes> Seal(base::ByteSpan key) {
    return session_.Encrypt(Mechanism(), root_, key);
  }
  base::Result<base::Bytes> Open(base::ByteSpan sealed) {
    return session_.Decrypt(Mechanism(), root_, sealed);
  }

 private:
  CK_MECHANISM Mechanism() { return {CKM_AES_GCM, &parameters_, sizeof parameters_}; }

  Session& session_;
  CK_OBJECT_HANDLE root_;
  base::Bytes nonce_;
  base::Bytes associated_;
  CK_GCM_PARAMS parameters_{};
};

base::Result<DocumentKey> MakeDocumentKey(Session& session, CK_OBJECT_HANDLE root,
                                          base::ByteSpan owner) {
  ASSIGN_OR_RETURN(base::Secret key, MixedRandom(session, base::kAeadKeySize));
  base::Bytes wrapped = base::RandomBytes(base::kAeadNonceSize);
  RootCipher cipher(session, root, wrapped, owner);
  ASSIGN_OR_RETURN(const base::Bytes sealed, cipher.Seal(key.Reveal()));
  base::Append(sealed, wrapped);
  if (wrapped.size() != kWrappedSize)
    return Error{ErrorCode::kUnavailable, "token.unsupported",
                 "the token's AES-GCM does not answer ciphertext and tag"};
  return DocumentKey{std::move(key), std::move(wrapped)};
}

Error UnwrapFailed(const WrappedKey& key) {
  return {ErrorCode::kCorrupted, "key.unwrap-failed",
          "the wrapped key of " + base::HexEncode(key.owner) + " does not open"};
}

// Modules do not agree on a code for tampered data. So when one does not open, the token is
// asked to do a wrap and unwrap of its own: if it can, the data is what is wrong.
base::Result<base::Secret> OpenOne(Session& session, CK_OBJECT_HANDLE root, const WrappedKey& key) {
  const base::ByteSpan wrapped{key.wrapped};
  RootCipher cipher(session, root, wrapped.first(base::kAeadNonceSize), key.owner);
  auto opened = cipher.Open(wrapped.subspan(base::kAeadNonceSize));
  if (!opened.ok()) return opened.error();
  base::Secret secret{std::move(opened).value()};
  if (secret.Reveal().size() != base::kAeadKeySize) return UnwrapFailed(key);
  return secret;
}

base::Status CheckTokenWorks(Session& session, CK_OBJECT_HANDLE root) {
  const base::Bytes owner(kOwnerSize);
  ASSIGN_OR_RETURN(const DocumentKey probe, MakeDocumentKey(session, root, owner));
  RETURN_IF_ERROR(OpenOne(session, root, {owner, probe.wrapped}));
  return base::Ok();
}

}  // namespace

TokenVaultKeys::TokenVaultKeys(SessionPool& pool, VaultKeyLabels labels, std::string log_origin,
                               std::filesystem::path checkpoint_mark)
    : pool_(pool),
      labels_(std::move(labels)),
      log_origin_(std::move(log_origin)),
      guard_(std::move(checkpoint_mark)) {}

base::Result<DocumentKey> TokenVaultKeys::NewDocumentKey(base::ByteSpan owner) {
  RETURN_IF_ERROR(CheckOwner(owner));
  return pool_.Run([&](Session& session) -> base::Result<DocumentKey> {
    ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE root,
                     FindKey(session, KeyPurpose::kRoot, labels_.root));
    return MakeDocumentKey(session, root, owner);
  });
}

base::Result<std::vector<base::Secret>> TokenVaultKeys::OpenDocumentKeys(
    const std::vector<WrappedKey>& keys) {
  if (keys.size() > kMaxKeys)
    return Error{ErrorCode::kInvalidInput, "key.too-many",
                 "at most 256 keys at once, not " + std::to_string(keys.size())};
  for (const WrappedKey& key : keys) {
    RETURN_IF_ERROR(CheckOwner(key.owner));
    if (key.wrapped.size() != kWrappedSize) return UnwrapFailed(key);
  }
  const WrappedKey* stubborn = nullptr;
  auto opened = OpenAll(keys, stubborn);
  if (opened.ok() || stubborn == nullptr) return opened;
  ASSIGN_OR_RETURN(const bool opens, OpensInAWorkingToken(*stubborn));
  if (!opens) return UnwrapFailed(*stubborn);
  return OpenAll(keys, stubborn);  // It was the token, and that is over.
}

// `stubborn` is the one that did not open though the token was there, else nullptr.
base::Result<std::vector<base::Secret>> TokenVaultKeys::OpenAll(const std::vector<WrappedKey>& keys,
                                                                const WrappedKey*& stubborn) {
  return pool_.Run([&](Session& session) -> base::Result<std::vector<base::Secret>> {
    stubborn = nullptr;
    ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE root,
                     FindKey(session, KeyPurpose::kRoot, labels_.root));
    std::vector<base::Secret> secrets;
    for (const WrappedKey& key : keys) {
      auto secret = OpenOne(session, root, key);
      if (!secret.ok()) {
        if (!session.lost()) stubborn = &key;
        return secret.error();
      }
      secrets.push_back(std::move(secret).value());
    }
    return secrets;
  });
}

// On a session of its own: the failed one may still think it is decrypting.
base::Result<bool> TokenVaultKeys::OpensInAWorkingToken(const WrappedKey& key) {
  return pool_.Run([&](Session& session) -> base::Result<bool> {
    ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE root,
                     FindKey(session, KeyPurpose::kRoot, labels_.root));
    RETURN_IF_ERROR(CheckTokenWorks(session, root));
    const auto opened = OpenOne(session, root, key);
    if (!opened.ok() && session.lost()) return opened.error();
    return opened.ok();
  });
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
