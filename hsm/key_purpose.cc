#include "hsm/key_purpose.h"

#include <algorithm>
#include <array>
#include <vector>

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;

struct PurposeTraits {
  KeyPurpose purpose;
  std::string_view tag;
  CK_OBJECT_CLASS object_class;
};

constexpr auto kPurposes = std::to_array<PurposeTraits>({
    {KeyPurpose::kSeal, "seal", CKO_PRIVATE_KEY},
    {KeyPurpose::kRemote, "remote", CKO_PRIVATE_KEY},
    {KeyPurpose::kCheckpoint, "checkpoint", CKO_PRIVATE_KEY},
    {KeyPurpose::kRoot, "root", CKO_SECRET_KEY},
    {KeyPurpose::kMac, "mac", CKO_SECRET_KEY},
});

const PurposeTraits& TraitsOf(KeyPurpose purpose) {
  return *std::ranges::find(kPurposes, purpose, &PurposeTraits::purpose);
}

constexpr std::array<std::uint8_t, 3> kPublicExponent{0x01, 0x00, 0x01};

struct KindTraits {
  KeyKind kind;
  KeyPurpose purpose;
  CK_KEY_TYPE type;
  CK_MECHANISM_TYPE generator;
  base::ByteSpan curve;  // Of elliptic keys.
  CK_ULONG size = 0;     // RSA: bits. Secret keys: bytes.
};

constexpr auto kKinds = std::to_array<KindTraits>({
    {KeyKind::kSealRsa2048, KeyPurpose::kSeal, CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN, {}, 2048},
    {KeyKind::kSealRsa3072, KeyPurpose::kSeal, CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN, {}, 3072},
    {KeyKind::kSealRsa4096, KeyPurpose::kSeal, CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN, {}, 4096},
    {KeyKind::kSealP256, KeyPurpose::kSeal, CKK_EC, CKM_EC_KEY_PAIR_GEN, kP256Parameters},
    {KeyKind::kSealP384, KeyPurpose::kSeal, CKK_EC, CKM_EC_KEY_PAIR_GEN, kP384Parameters},
    {KeyKind::kSealP521, KeyPurpose::kSeal, CKK_EC, CKM_EC_KEY_PAIR_GEN, kP521Parameters},
    {KeyKind::kSealEd25519, KeyPurpose::kSeal, CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN,
     kEd25519Parameters},
    {KeyKind::kRemoteRsa3072, KeyPurpose::kRemote, CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN, {}, 3072},
    {KeyKind::kRemoteP256, KeyPurpose::kRemote, CKK_EC, CKM_EC_KEY_PAIR_GEN, kP256Parameters},
    {KeyKind::kRemoteP384, KeyPurpose::kRemote, CKK_EC, CKM_EC_KEY_PAIR_GEN, kP384Parameters},
    {KeyKind::kCheckpointEd25519, KeyPurpose::kCheckpoint, CKK_EC_EDWARDS,
     CKM_EC_EDWARDS_KEY_PAIR_GEN, kEd25519Parameters},
    {KeyKind::kRootAes256, KeyPurpose::kRoot, CKK_AES, CKM_AES_KEY_GEN, {}, 32},
    {KeyKind::kMacHmacSha256,
     KeyPurpose::kMac,
     CKK_GENERIC_SECRET,
     CKM_GENERIC_SECRET_KEY_GEN,
     {},
     32},
});

const KindTraits& TraitsOf(KeyKind kind) {
  return *std::ranges::find(kKinds, kind, &KindTraits::kind);
}

Attributes Named(const KeyLabel& label, std::string_view id) {
  Attributes object;
  object.Flag(CKA_TOKEN, true).Text(CKA_LABEL, label.text).Text(CKA_ID, id);
  return object;
}

// CKA_COPYABLE came with PKCS#11 2.40; softokn does not know it.
enum class Copies { kForbidden, kUnsaid };

// Usages are all written out: what a template leaves out, a module may allow.
Attributes Guarded(const KeyLabel& label, const KindTraits& kind, std::string_view id,
                   Copies copies) {
  const bool encrypts = kind.purpose == KeyPurpose::kRoot;
  const bool secret = TraitsOf(kind.purpose).object_class == CKO_SECRET_KEY;
  Attributes key = Named(label, id);
  key.Flag(CKA_PRIVATE, true).Flag(CKA_SENSITIVE, true).Flag(CKA_EXTRACTABLE, false);
  key.Flag(CKA_MODIFIABLE, false);
  if (copies == Copies::kForbidden) key.Flag(CKA_COPYABLE, false);
  key.Flag(CKA_SIGN, !encrypts).Flag(CKA_DECRYPT, encrypts);
  key.Flag(CKA_UNWRAP, false).Flag(CKA_DERIVE, false);
  if (!secret) return key;
  key.Flag(CKA_ENCRYPT, encrypts).Flag(CKA_VERIFY, false).Flag(CKA_WRAP, false);
  key.Number(CKA_KEY_TYPE, kind.type).Number(CKA_VALUE_LEN, kind.size);
  return key;
}

Attributes PublicHalf(const KeyLabel& label, const KindTraits& kind, std::string_view id) {
  Attributes key = Named(label, id);
  key.Flag(CKA_PRIVATE, false).Flag(CKA_MODIFIABLE, false);
  key.Flag(CKA_VERIFY, true).Flag(CKA_ENCRYPT, false).Flag(CKA_WRAP, false);
  if (!kind.curve.empty()) return std::move(key.Value(CKA_EC_PARAMS, kind.curve));
  key.Number(CKA_MODULUS_BITS, kind.size).Value(CKA_PUBLIC_EXPONENT, kPublicExponent);
  return key;
}

base::Result<bool> FlagOf(Session& session, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type) {
  ASSIGN_OR_RETURN(const base::Bytes value, session.Attribute(key, type));
  return value.size() == 1 && value[0] == CK_TRUE;
}

// Gives the private or secret key.
base::Result<CK_OBJECT_HANDLE> Generate(Session& session, const KeyLabel& label,
                                        const KindTraits& traits, Copies copies) {
  const std::string id = KeyId(traits.purpose, label);
  const CK_MECHANISM generator{traits.generator, nullptr, 0};
  Attributes guarded = Guarded(label, traits, id, copies);
  if (TraitsOf(traits.purpose).object_class == CKO_SECRET_KEY)
    return session.GenerateKey(generator, std::move(guarded));
  ASSIGN_OR_RETURN(
      const KeyPairHandles pair,
      session.GenerateKeyPair(generator, PublicHalf(label, traits, id), std::move(guarded)));
  return pair.private_key;
}

// Some modules take a template and make of it what they like.
base::Status CheckGuarded(Session& session, CK_OBJECT_HANDLE key) {
  ASSIGN_OR_RETURN(const bool sensitive, FlagOf(session, key, CKA_ALWAYS_SENSITIVE));
  ASSIGN_OR_RETURN(const bool never_out, FlagOf(session, key, CKA_NEVER_EXTRACTABLE));
  if (sensitive && never_out) return base::Ok();
  RETURN_IF_ERROR(session.Destroy(key));
  return Error{ErrorCode::kUnavailable, "token.unsupported",
               "the token made an extractable key against our template; it was destroyed"};
}

}  // namespace

std::string KeyId(KeyPurpose purpose, const KeyLabel& label) {
  return std::string(TraitsOf(purpose).tag) + ":" + label.text;
}

base::Status CheckLabel(const KeyLabel& label) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (!label.text.empty() && label.text.size() <= 64 && std::ranges::all_of(label.text, allowed))
    return base::Ok();
  return Error{ErrorCode::kInvalidInput, "key.malformed-label",
               "a key label has 1 to 64 of a-z, 0-9 and '-'"};
}

base::Result<CK_OBJECT_HANDLE> FindOne(Session& session, CK_OBJECT_CLASS object_class,
                                       std::string_view id) {
  Attributes pattern;
  pattern.Flag(CKA_TOKEN, true).Number(CKA_CLASS, object_class).Text(CKA_ID, id);
  ASSIGN_OR_RETURN(const std::vector<CK_OBJECT_HANDLE> found, session.Find(std::move(pattern)));
  if (found.empty())
    return Error{ErrorCode::kNotFound, "key.unknown", "the token has no " + std::string(id)};
  if (found.size() > 1)
    return Error{ErrorCode::kCorrupted, "key.ambiguous",
                 "the token has more than one " + std::string(id)};
  return found.front();
}

base::Result<CK_OBJECT_HANDLE> FindKey(Session& session, KeyPurpose purpose,
                                       const KeyLabel& label) {
  RETURN_IF_ERROR(CheckLabel(label));
  const std::string id = KeyId(purpose, label);
  const auto known = session.known_keys.find(id);
  if (known != session.known_keys.end()) return known->second;
  ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE key,
                   FindOne(session, TraitsOf(purpose).object_class, id));
  session.known_keys.emplace(id, key);
  return key;
}

base::Result<CertifiedKey> FindCertified(Session& session, const KeyLabel& label) {
  const auto seal = FindKey(session, KeyPurpose::kSeal, label);
  if (seal.ok()) return CertifiedKey{seal.value(), KeyId(KeyPurpose::kSeal, label)};
  if (seal.error().reason != "key.unknown") return seal.error();
  ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE key, FindKey(session, KeyPurpose::kRemote, label));
  return CertifiedKey{key, KeyId(KeyPurpose::kRemote, label)};
}

base::Status MakeKey(Session& session, const KeyLabel& label, KeyKind kind) {
  RETURN_IF_ERROR(CheckLabel(label));
  Attributes taken;
  taken.Flag(CKA_TOKEN, true).Text(CKA_LABEL, label.text);
  ASSIGN_OR_RETURN(const std::vector<CK_OBJECT_HANDLE> found, session.Find(std::move(taken)));
  if (!found.empty())
    return Error{ErrorCode::kConflict, "key.exists", "the token has a key " + label.text};

  const KindTraits& traits = TraitsOf(kind);
  auto made = Generate(session, label, traits, Copies::kForbidden);
  if (!made.ok() && !session.lost()) made = Generate(session, label, traits, Copies::kUnsaid);
  if (!made.ok()) return made.error();
  return CheckGuarded(session, made.value());
}

}  // namespace hsm
