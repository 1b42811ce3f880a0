#include "hsm/key_purpose.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/c_handle.h"
#include "base/random.h"
#include "hsm/public_key.h"

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;
using EvpKey = base::CHandle<EVP_PKEY, EVP_PKEY_free>;

struct PurposeTraits {
  KeyPurpose purpose;
  std::string_view tag;
  CK_OBJECT_CLASS object_class;
  bool certified = false;
};

constexpr auto kPurposes = std::to_array<PurposeTraits>({
    {KeyPurpose::kSeal, "seal", CKO_PRIVATE_KEY, true},
    {KeyPurpose::kRemote, "remote", CKO_PRIVATE_KEY, true},
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
  return std::move(key.Number(CKA_KEY_TYPE, kind.type));
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
    return session.GenerateKey(generator, std::move(guarded.Number(CKA_VALUE_LEN, traits.size)));
  ASSIGN_OR_RETURN(
      const KeyPairHandles pair,
      session.GenerateKeyPair(generator, PublicHalf(label, traits, id), std::move(guarded)));
  return pair.private_key;
}

// Some modules take a template and make of it what they like. A key that came from outside was
// not always sensitive, but is from now on.
base::Status CheckGuarded(Session& session, CK_OBJECT_HANDLE key, bool made_here) {
  ASSIGN_OR_RETURN(const bool sensitive,
                   FlagOf(session, key, made_here ? CKA_ALWAYS_SENSITIVE : CKA_SENSITIVE));
  ASSIGN_OR_RETURN(const bool flag,
                   FlagOf(session, key, made_here ? CKA_NEVER_EXTRACTABLE : CKA_EXTRACTABLE));
  if (sensitive && flag == made_here) return base::Ok();
  RETURN_IF_ERROR(session.Destroy(key));
  return Error{ErrorCode::kUnavailable, "token.unsupported",
               "the token made an extractable key against our template; it was destroyed"};
}

// The public half of an Ed25519 seed, as PKCS#11 3.0 has it: a point in an OCTET STRING.
base::Result<base::Bytes> PointOf(const base::Secret& seed) {
  base::Bytes point{0x04, 32};
  point.resize(point.size() + 32);
  std::size_t size = 32;
  const EvpKey key{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.Reveal().data(),
                                                seed.Reveal().size())};
  if (key && EVP_PKEY_get_raw_public_key(key.get(), point.data() + 2, &size) == 1) return point;
  return Error{ErrorCode::kUnavailable, "memory.short", "OpenSSL could not read a seed"};
}

base::Status ImportPublicHalf(Session& session, const KeyLabel& label, const KindTraits& traits,
                              const base::Secret& seed) {
  ASSIGN_OR_RETURN(const base::Bytes point, PointOf(seed));
  Attributes half = PublicHalf(label, traits, KeyId(traits.purpose, label));
  half.Number(CKA_CLASS, CKO_PUBLIC_KEY).Number(CKA_KEY_TYPE, traits.type);
  RETURN_IF_ERROR(session.Create(std::move(half.Value(CKA_EC_POINT, point))));
  return base::Ok();
}

// "P-256" is "p256" in the names of kinds.
std::string CurveName(const PublicKey& half) {
  std::string name;
  for (const char c : half.kind())
    if (c != '-') name += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return name;
}

bool IsRetired(Session& session, const base::Error& error, const PurposeTraits& traits,
               std::string_view id) {
  if (error.reason != "key.unknown" || !traits.certified) return false;
  Attributes pattern;
  pattern.Flag(CKA_TOKEN, true).Number(CKA_CLASS, CKO_CERTIFICATE).Text(CKA_ID, id);
  const auto found = session.Find(std::move(pattern));
  return found.ok() && !found.value().empty();
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
  const auto key = FindOne(session, TraitsOf(purpose).object_class, id);
  if (key.ok()) session.known_keys.emplace(id, key.value());
  if (!key.ok() && IsRetired(session, key.error(), TraitsOf(purpose), id))
    return Error{ErrorCode::kDenied, "key.retired", id};
  return key;
}

base::Result<CertifiedKey> FindCertified(Session& session, const KeyLabel& label) {
  const auto seal = FindKey(session, KeyPurpose::kSeal, label);
  if (seal.ok()) return CertifiedKey{seal.value(), KeyId(KeyPurpose::kSeal, label)};
  if (seal.error().reason != "key.unknown") return seal.error();
  ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE key, FindKey(session, KeyPurpose::kRemote, label));
  return CertifiedKey{key, KeyId(KeyPurpose::kRemote, label)};
}

std::optional<PurposeAndLabel> ReadKeyId(std::string_view id) {
  const std::size_t colon = id.find(':');
  const auto traits = std::ranges::find(kPurposes, id.substr(0, colon), &PurposeTraits::tag);
  if (colon == std::string_view::npos || traits == kPurposes.end()) return std::nullopt;
  return PurposeAndLabel{traits->tag, {std::string(id.substr(colon + 1))}};
}

base::Result<KeyKind> KindOf(Session& session, const CertifiedKey& key) {
  ASSIGN_OR_RETURN(const PublicKey half, PublicKey::FromToken(session, key.id));
  const auto kind = std::ranges::find_if(kKinds, [&](const KindTraits& one) {
    if (!key.id.starts_with(TraitsOf(one.purpose).tag)) return false;
    if (one.type == CKK_RSA)
      return half.kind() == "RSA" &&
             static_cast<CK_ULONG>(EVP_PKEY_get_bits(half.evp())) == one.size;
    return NameOf(one.kind).ends_with(CurveName(half));
  });
  if (kind != kKinds.end()) return kind->kind;
  return Error{ErrorCode::kUnavailable, "token.unsupported", key.id + " is of no kind of ours"};
}

base::Status RequireFree(Session& session, const KeyLabel& label) {
  Attributes taken;
  taken.Flag(CKA_TOKEN, true).Text(CKA_LABEL, label.text);
  ASSIGN_OR_RETURN(const std::vector<CK_OBJECT_HANDLE> found, session.Find(std::move(taken)));
  if (found.empty()) return base::Ok();
  return Error{ErrorCode::kConflict, "key.exists", "the token has a key " + label.text};
}

base::Status MakeKey(Session& session, const KeyLabel& label, KeyKind kind) {
  RETURN_IF_ERROR(CheckLabel(label));
  RETURN_IF_ERROR(RequireFree(session, label));
  const KindTraits& traits = TraitsOf(kind);
  auto made = Generate(session, label, traits, Copies::kForbidden);
  if (!made.ok() && !session.lost()) made = Generate(session, label, traits, Copies::kUnsaid);
  if (!made.ok()) return made.error();
  return CheckGuarded(session, made.value(), true);
}

base::Status ImportKey(Session& session, const KeyLabel& label, KeyKind kind,
                       const base::Secret& value) {
  RETURN_IF_ERROR(CheckLabel(label));
  RETURN_IF_ERROR(RequireFree(session, label));
  const KindTraits& traits = TraitsOf(kind);
  const CK_OBJECT_CLASS object_class = TraitsOf(traits.purpose).object_class;
  Attributes key = Guarded(label, traits, KeyId(traits.purpose, label), Copies::kForbidden);
  key.Number(CKA_CLASS, object_class).Value(CKA_VALUE, value.Reveal());
  if (object_class == CKO_PRIVATE_KEY) {
    key.Number(CKA_KEY_TYPE, traits.type).Value(CKA_EC_PARAMS, traits.curve);
    RETURN_IF_ERROR(ImportPublicHalf(session, label, traits, value));
  }
  ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE made, session.Create(std::move(key)));
  return CheckGuarded(session, made, false);
}

base::Result<base::Secret> MixedRandom(Session& session, std::size_t count) {
  ASSIGN_OR_RETURN(base::Bytes mixed, session.Random(count));
  base::Bytes own = base::RandomBytes(count);
  for (std::size_t i = 0; i < count; ++i) mixed[i] ^= own[i];
  base::WipeBytes(own);
  return base::Secret(std::move(mixed));
}

}  // namespace hsm
