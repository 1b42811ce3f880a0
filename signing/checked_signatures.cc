#include "signing/checked_signatures.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>

#include "base/c_handle.h"
#include "signing/certificate.h"
#include "signing/der_reader.h"
#include "signing/openssl_handles.h"
#include "signing/subject_key.h"

namespace signing {
namespace {

using DigestContext = base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;

// A claim begins with the number of its row.
struct Shape {
  int key;  // NID of the key's algorithm, EVP_PKEY_is_a() of `type`.
  const char* type;
  int digest;
  const EVP_MD* (*md)();
};
constexpr std::array<Shape, 6> kShapes{{
    {NID_X9_62_id_ecPublicKey, "EC", NID_sha256, EVP_sha256},
    {NID_X9_62_id_ecPublicKey, "EC", NID_sha384, EVP_sha384},
    {NID_X9_62_id_ecPublicKey, "EC", NID_sha512, EVP_sha512},
    {NID_rsaEncryption, "RSA", NID_sha256, EVP_sha256},
    {NID_rsaEncryption, "RSA", NID_sha384, EVP_sha384},
    {NID_rsaEncryption, "RSA", NID_sha512, EVP_sha512},
}};

// RFC 5652, 5.3, has the two apart: the signature's algorithm may name the key's alone.
const Shape* ShapeOf(const SignedBytes& bytes) {
  int digest = NID_undef;
  int key = OBJ_obj2nid(bytes.algorithm);
  const bool combined = OBJ_find_sigid_algs(key, &digest, &key) == 1;
  if (bytes.digest != nullptr) {
    const int named = OBJ_obj2nid(bytes.digest);
    if (combined ? named != digest : key != NID_rsaEncryption) return nullptr;
    digest = named;
  } else if (!combined) {
    return nullptr;
  }
  const auto* row = std::ranges::find_if(
      kShapes, [&](const Shape& shape) { return shape.key == key && shape.digest == digest; });
  return row != kShapes.end() && bytes.signer.key() != nullptr &&
                 EVP_PKEY_is_a(bytes.signer.key(), row->type) == 1
             ? row
             : nullptr;
}

void AppendPart(base::ByteSpan part, base::Bytes& out) {
  base::AppendUint64(part.size(), out);
  base::Append(part, out);
}

std::optional<base::ByteSpan> TakePart(base::ByteSpan& left) {
  constexpr std::size_t kSize = sizeof(std::uint64_t);
  if (left.size() < kSize) return std::nullopt;
  const std::uint64_t size = base::ReadUint64(left.first(kSize));
  left = left.subspan(kSize);
  if (size > left.size()) return std::nullopt;
  const base::ByteSpan part = left.first(size);
  left = left.subspan(size);
  return part;
}

bool Fits(const Shape& shape, EVP_PKEY* key, base::ByteSpan message, base::ByteSpan value) {
  const DigestContext context{EVP_MD_CTX_new()};
  const bool fits = key != nullptr && EVP_PKEY_is_a(key, shape.type) == 1 && context &&
                    EVP_DigestVerifyInit(context.get(), nullptr, shape.md(), nullptr, key) == 1 &&
                    EVP_DigestVerify(context.get(), value.data(), value.size(), message.data(),
                                     message.size()) == 1;
  ERR_clear_error();
  return fits;
}

std::shared_ptr<EVP_PKEY> ReadKey(base::ByteSpan der) {
  const unsigned char* at = der.data();
  X509_PUBKEY* decoded = X509_PUBKEY_new_ex(KeylessContext(), nullptr);
  if (decoded != nullptr) d2i_X509_PUBKEY(&decoded, &at, static_cast<long>(der.size()));
  const base::CHandle<X509_PUBKEY, X509_PUBKEY_free> info{decoded};
  ERR_clear_error();
  if (!info || at != der.data() + der.size()) return nullptr;
  return SubjectKeyOf(info.get());
}

// What is signed of a certificate, with its tag and length, as it stands in the certificate.
std::optional<base::ByteSpan> ToBeSigned(const base::Bytes& certificate) {
  DerReader outer(certificate);
  const auto content = outer.Take(kDerSequence);
  if (!content) return std::nullopt;
  const auto tbs = DerReader(*content).Take(kDerSequence);
  if (!tbs) return std::nullopt;
  return content->first(static_cast<std::size_t>(tbs->data() - content->data()) + tbs->size());
}

// For what is no claim: by OpenSSL's own function, in its own context.
bool IsIssuedByOther(const Certificate& certificate, const Certificate& issuer) {
  const X509Handle decoded = ParseCertificate(certificate.der());
  const bool fits = decoded && X509_verify(decoded.get(), issuer.key()) == 1;
  ERR_clear_error();
  return fits;
}

}  // namespace

bool IsWhole(const ASN1_BIT_STRING* bits) {
  constexpr long kUnusedBits = 0x07;
  return (bits->flags & kUnusedBits) == 0;
}

std::optional<SignatureClaim> ClaimOf(const SignedBytes& bytes) {
  const Shape* shape = ShapeOf(bytes);
  if (shape == nullptr) return std::nullopt;
  SignatureClaim claim{static_cast<std::uint8_t>(shape - kShapes.data())};
  AppendPart(ToDer<X509_PUBKEY>(X509_get_X509_PUBKEY(bytes.signer.x509()), i2d_X509_PUBKEY), claim);
  AppendPart(bytes.message, claim);
  AppendPart(bytes.value, claim);
  return claim;
}

bool ClaimHolds(base::ByteSpan claim) {
  if (claim.empty() || claim[0] >= kShapes.size()) return false;
  base::ByteSpan left = claim.subspan(1);
  const auto key = TakePart(left);
  const auto message = key ? TakePart(left) : std::nullopt;
  const auto value = message ? TakePart(left) : std::nullopt;
  return value && left.empty() && Fits(kShapes.at(claim[0]), ReadKey(*key).get(), *message, *value);
}

bool CheckedSignatures::Add(base::ByteSpan claim) {
  const base::Sha256Digest digest = base::Sha256(claim);
  if (!claims_.insert(digest).second) return false;
  order_.push_back(digest);
  if (order_.size() > kMaxClaims) {
    claims_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

bool IsSignedBy(const SignedBytes& bytes, const SignatureClaim& claim, SignatureMemory* memory) {
  if (memory != nullptr && memory->known != nullptr && memory->known->Contains(claim)) return true;
  if (!Fits(kShapes.at(claim[0]), bytes.signer.key(), bytes.message, bytes.value)) return false;
  if (memory != nullptr && memory->found.size() < SignatureMemory::kMaxFound)
    memory->found.push_back(claim);
  return true;
}

bool IsIssuedBy(const Certificate& certificate, const Certificate& issuer,
                SignatureMemory* memory) {
  const ASN1_BIT_STRING* value = nullptr;
  const X509_ALGOR* algorithm = nullptr;
  X509_get0_signature(&value, &algorithm, certificate.x509());
  if (issuer.key() == nullptr || !IsWhole(value) ||
      X509_ALGOR_cmp(algorithm, X509_get0_tbs_sigalg(certificate.x509())) != 0)
    return false;
  const ASN1_OBJECT* oid = nullptr;
  X509_ALGOR_get0(&oid, nullptr, nullptr, algorithm);
  const auto message = ToBeSigned(certificate.der());
  if (!message) return IsIssuedByOther(certificate, issuer);
  const SignedBytes bytes{issuer, oid, nullptr, *message, ContentOf(value)};
  const auto claim = ClaimOf(bytes);
  return claim ? IsSignedBy(bytes, *claim, memory) : IsIssuedByOther(certificate, issuer);
}

}  // namespace signing
