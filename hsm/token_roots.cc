#include "hsm/token_roots.h"

#include <algorithm>
#include <vector>

#include "base/aead.h"
#include "base/random.h"
#include "hsm/key_purpose.h"
#include "hsm/vault_keys.h"

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;

// AES-GCM in the token.
class RootCipher {
 public:
  RootCipher(Session& session, CK_OBJECT_HANDLE root, base::ByteSpan nonce,
             base::ByteSpan associated)
      : session_(session),
        root_(root),
        nonce_(nonce.begin(), nonce.end()),
        associated_(associated.begin(), associated.end()) {
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

base::Result<base::Bytes> WrapUnder(Session& session, CK_OBJECT_HANDLE root, base::ByteSpan key,
                                    base::ByteSpan associated) {
  base::Bytes wrapped = base::RandomBytes(base::kAeadNonceSize);
  RootCipher cipher(session, root, wrapped, associated);
  ASSIGN_OR_RETURN(const base::Bytes sealed, cipher.Seal(key));
  base::Append(sealed, wrapped);
  if (wrapped.size() != kWrappedKeySize)
    return Error{ErrorCode::kUnavailable, "token.unsupported",
                 "the token's AES-GCM does not answer ciphertext and tag"};
  return wrapped;
}

Error UnwrapFailed() {
  return {ErrorCode::kCorrupted, "key.unwrap-failed", "the top of the key tree does not open"};
}

base::Result<base::Secret> UnwrapUnder(Session& session, CK_OBJECT_HANDLE root,
                                       base::ByteSpan wrapped, base::ByteSpan associated) {
  RootCipher cipher(session, root, wrapped.first(base::kAeadNonceSize), associated);
  auto opened = cipher.Open(wrapped.subspan(base::kAeadNonceSize));
  if (!opened.ok()) return opened.error();
  base::Secret secret{std::move(opened).value()};
  if (secret.Reveal().size() != base::kAeadKeySize) return UnwrapFailed();
  return secret;
}

}  // namespace

KeyLabel TokenRoots::LabelOf(std::uint64_t generation) const {
  if (generation == 1) return label_;
  return {label_.text + "-" + std::to_string(generation)};
}

// Not by what the session remembers: root keys come and go.
base::Result<CK_OBJECT_HANDLE> TokenRoots::Find(Session& session, std::uint64_t generation) const {
  const KeyLabel label = LabelOf(generation);
  RETURN_IF_ERROR(CheckLabel(label));
  const auto key = FindOne(session, CKO_SECRET_KEY, KeyId(KeyPurpose::kRoot, label));
  if (!key.ok() && key.error().reason == "key.unknown" && !pool_.on_second())
    return Error{ErrorCode::kConflict, "key.root-unknown", key.error().message};
  return key;
}

base::Result<base::Bytes> TokenRoots::Wrap(std::uint64_t generation, const base::Secret& key,
                                           base::ByteSpan associated) {
  return pool_.Run([&](Session& session) -> base::Result<base::Bytes> {
    ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE root, Find(session, generation));
    return WrapUnder(session, root, key.Reveal(), associated);
  });
}

// Modules do not agree on a code for tampered data. So when a key does not open, the token is asked
// to do a wrap and unwrap of its own: if it can, the data is what is wrong.
base::Result<base::Secret> TokenRoots::Unwrap(std::uint64_t generation, base::ByteSpan wrapped,
                                              base::ByteSpan associated) {
  if (wrapped.size() != kWrappedKeySize) return UnwrapFailed();
  bool stubborn = false;  // It did not open though the token was there.
  const auto open = [&](Session& session) -> base::Result<base::Secret> {
    stubborn = false;
    ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE root, Find(session, generation));
    auto opened = UnwrapUnder(session, root, wrapped, associated);
    stubborn = !opened.ok() && !session.lost();
    return opened;
  };
  auto opened = pool_.Run(open);
  if (opened.ok() || !stubborn) return opened;
  ASSIGN_OR_RETURN(const bool opens, OpensInAWorkingToken(generation, wrapped, associated));
  if (!opens) return UnwrapFailed();
  return pool_.Run(open);  // It was the token, and that is over.
}

// On a session of its own: the failed one may still think it is decrypting.
base::Result<bool> TokenRoots::OpensInAWorkingToken(std::uint64_t generation,
                                                    base::ByteSpan wrapped,
                                                    base::ByteSpan associated) {
  return pool_.Run([&](Session& session) -> base::Result<bool> {
    ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE root, Find(session, generation));
    const base::Bytes probe(base::kAeadKeySize);
    ASSIGN_OR_RETURN(const base::Bytes sealed, WrapUnder(session, root, probe, associated));
    RETURN_IF_ERROR(UnwrapUnder(session, root, sealed, associated));
    const auto opened = UnwrapUnder(session, root, wrapped, associated);
    if (!opened.ok() && session.lost()) return opened.error();
    return opened.ok();
  });
}

base::Status TokenRoots::Make(std::uint64_t generation) {
  if (pool_.config().second)
    return Error{ErrorCode::kConflict, "key.second-token",
                 "a second token would not have the new root key"};
  return pool_.Run([&](Session& session) -> base::Status {
    ASSIGN_OR_RETURN(Session changing, session.OpenReadWrite());
    const base::Status made = MakeKey(changing, LabelOf(generation), KeyKind::kRootAes256);
    if (!made.ok() && made.error().reason == "key.exists")
      return Error{ErrorCode::kConflict, "key.root-exists", made.error().message};
    return made;
  });
}

bool TokenRoots::IsRoot(std::string_view id) const {
  const std::string first = KeyId(KeyPurpose::kRoot, label_);
  if (id == first) return true;
  if (!id.starts_with(first + "-")) return false;
  const std::string_view number = id.substr(first.size() + 1);
  return !number.empty() &&
         std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
}

base::Result<std::vector<CK_OBJECT_HANDLE>> TokenRoots::Others(Session& session,
                                                               std::uint64_t generation) const {
  const std::string kept = KeyId(KeyPurpose::kRoot, LabelOf(generation));
  Attributes pattern;
  pattern.Flag(CKA_TOKEN, true).Number(CKA_CLASS, CKO_SECRET_KEY);
  ASSIGN_OR_RETURN(const std::vector<CK_OBJECT_HANDLE> found, session.Find(std::move(pattern)));
  std::vector<CK_OBJECT_HANDLE> others;
  for (const CK_OBJECT_HANDLE key : found) {
    const auto id = session.Attribute(key, CKA_ID);
    if (!id.ok() && session.lost()) return id.error();
    if (!id.ok()) continue;  // Somebody else's, without one.
    const std::string text = base::ToString(id.value());
    if (IsRoot(text) && text != kept) others.push_back(key);
  }
  return others;
}

base::Status TokenRoots::DestroyOthers(std::uint64_t generation) {
  return pool_.Run([&](Session& session) -> base::Status {
    RETURN_IF_ERROR(Find(session, generation));
    ASSIGN_OR_RETURN(const std::vector<CK_OBJECT_HANDLE> others, Others(session, generation));
    if (others.empty()) return base::Ok();
    ASSIGN_OR_RETURN(Session changing, session.OpenReadWrite());
    for (const CK_OBJECT_HANDLE key : others) RETURN_IF_ERROR(changing.Destroy(key));
    ASSIGN_OR_RETURN(const std::vector<CK_OBJECT_HANDLE> left, Others(session, generation));
    if (left.empty()) return base::Ok();
    return Error{ErrorCode::kUnavailable, "token.unsupported",
                 "the token kept a root key that was to be destroyed"};
  });
}

}  // namespace hsm
