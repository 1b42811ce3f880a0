// What each key of ours may do, written into the token.
//
// A key's CKA_ID is "purpose:label". Every search names class, type and that id, so a key
// made for one purpose is never found for another, even under the same label.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "hsm/attributes.h"
#include "hsm/provisioner.h"
#include "hsm/session.h"
#include "hsm/signer.h"

namespace hsm {

// What CKA_EC_PARAMS holds: DER of the curve's object identifier (RFC 5480, 2.1.1.1; RFC 8410, 3).
inline constexpr std::array<std::uint8_t, 10> kP256Parameters{0x06, 0x08, 0x2a, 0x86, 0x48,
                                                              0xce, 0x3d, 0x03, 0x01, 0x07};
inline constexpr std::array<std::uint8_t, 7> kP384Parameters{0x06, 0x05, 0x2b, 0x81,
                                                             0x04, 0x00, 0x22};
inline constexpr std::array<std::uint8_t, 7> kP521Parameters{0x06, 0x05, 0x2b, 0x81,
                                                             0x04, 0x00, 0x23};
inline constexpr std::array<std::uint8_t, 5> kEd25519Parameters{0x06, 0x03, 0x2b, 0x65, 0x70};

enum class KeyPurpose {
  kSeal,    // SignedInfo that is serialised beside it.
  kRemote,  // Hashes that a signing application made, each approved: never for seals (ADR 0014).
  kCheckpoint,
  kRoot,
  kMac,
};

// "seal:agency-1"
std::string KeyId(KeyPurpose purpose, const KeyLabel& label);

// kInvalidInput "key.malformed-label" unless `label` is [a-z0-9-], 1 to 64 characters.
base::Status CheckLabel(const KeyLabel& label);

// The private or secret key of this purpose and label. Remembered by the session.
//
// Errors:
//   kInvalidInput "key.malformed-label"
//   kNotFound "key.unknown"      no such key for this purpose
//   kDenied "key.retired"        there was one: only its certificate is left
//   kCorrupted "key.ambiguous"   two keys carry the label: the token was tampered with
//   kUnavailable "token.*"
base::Result<CK_OBJECT_HANDLE> FindKey(Session& session, KeyPurpose purpose, const KeyLabel& label);

struct CertifiedKey {
  CK_OBJECT_HANDLE key;
  std::string id;  // CKA_ID, also of its public half and certificate.
};
// A key of those that have certificates, whether it seals or signs hashes. A label is one key's in
// a token. Errors as FindKey().
base::Result<CertifiedKey> FindCertified(Session& session, const KeyLabel& label);

// As FindKey(), of a public key or certificate object.
base::Result<CK_OBJECT_HANDLE> FindOne(Session& session, CK_OBJECT_CLASS object_class,
                                       std::string_view id);

// "seal" of "seal:agency-1", and the label; nullopt for an id that is none of ours.
struct PurposeAndLabel {
  std::string_view purpose;
  KeyLabel label;
};
std::optional<PurposeAndLabel> ReadKeyId(std::string_view id);

// Of a key that is there, by its public half. kUnavailable "token.unsupported" for one that we
// would not make.
base::Result<KeyKind> KindOf(Session& session, const CertifiedKey& key);

// kConflict "key.exists" when anything in the token carries the label.
base::Status RequireFree(Session& session, const KeyLabel& label);

// Makes the key with the usages of its purpose alone: private, sensitive, never extractable,
// not modifiable, not copyable. Checks the token's word for it afterwards.
base::Status MakeKey(Session& session, const KeyLabel& label, KeyKind kind);

// Puts a key that was made outside into the token, under the same template. Of the vault's own
// kinds; `value` has 32 bytes, of Ed25519 the seed (RFC 8032, 5.1.5).
base::Status ImportKey(Session& session, const KeyLabel& label, KeyKind kind,
                       const base::Secret& value);

// Of two generators, so that a weak one of either does not weaken it.
base::Result<base::Secret> MixedRandom(Session& session, std::size_t count);

}  // namespace hsm
