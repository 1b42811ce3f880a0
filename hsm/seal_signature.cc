#include "hsm/seal_signature.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "hsm/signed_info.h"

namespace hsm {
namespace {

using KeyContext = base::CHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;

enum class Padding { kNone, kPkcs1, kPss };

struct Traits {
  SignatureAlgorithm algorithm;
  std::string_view name;
  std::string_view uri;
  std::string_view key;   // As PublicKey::kind() says.
  const EVP_MD* (*md)();  // nullptr: the data itself is signed.
  CK_MECHANISM_TYPE mechanism;
  Padding padding;
};
// The first row of a kind of key is the one that goes with it.
constexpr auto kAlgorithms = std::to_array<Traits>({
    {SignatureAlgorithm::kRsaSha256, "rsa-sha256",
     "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "RSA", EVP_sha256, CKM_RSA_PKCS,
     Padding::kPkcs1},
    {SignatureAlgorithm::kRsaPssSha256, "rsa-pss-sha256",
     "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", "RSA", EVP_sha256, CKM_RSA_PKCS_PSS,
     Padding::kPss},
    {SignatureAlgorithm::kEcdsaSha256, "ecdsa-sha256",
     "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "P-256", EVP_sha256, CKM_ECDSA,
     Padding::kNone},
    {SignatureAlgorithm::kEcdsaSha384, "ecdsa-sha384",
     "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", "P-384", EVP_sha384, CKM_ECDSA,
     Padding::kNone},
    {SignatureAlgorithm::kEcdsaSha512, "ecdsa-sha512",
     "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512", "P-521", EVP_sha512, CKM_ECDSA,
     Padding::kNone},
    {SignatureAlgorithm::kEd25519, "ed25519",
     "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519", "Ed25519", nullptr, CKM_EDDSA,
     Padding::kNone},
});

const Traits& TraitsOf(SignatureAlgorithm algorithm) {
  return *std::ranges::find(kAlgorithms, algorithm, &Traits::algorithm);
}

// RFC 8017, 9.2, note 1: DigestInfo of SHA-256 with its NULL, up to the digest.
constexpr std::array<std::uint8_t, 19> kSha256DigestInfo{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
                                                         0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                                                         0x01, 0x05, 0x00, 0x04, 0x20};

base::Bytes Digest(const EVP_MD* md, base::ByteSpan data) {
  base::Bytes digest(static_cast<std::size_t>(EVP_MD_get_size(md)));
  EVP_Digest(data.data(), data.size(), digest.data(), nullptr, md, nullptr);
  return digest;
}

}  // namespace

std::string_view AlgorithmUri(SignatureAlgorithm algorithm) {
  return TraitsOf(algorithm).uri;
}

std::string_view AlgorithmName(SignatureAlgorithm algorithm) {
  return TraitsOf(algorithm).name;
}

std::optional<SignatureAlgorithm> FindAlgorithm(std::string_view name) {
  const auto row = std::ranges::find(kAlgorithms, name, &Traits::name);
  if (row == kAlgorithms.end()) return std::nullopt;
  return row->algorithm;
}

base::Result<SignatureAlgorithm> AlgorithmOf(const PublicKey& key) {
  const auto row = std::ranges::find(kAlgorithms, key.kind(), &Traits::key);
  if (row != kAlgorithms.end()) return row->algorithm;
  return base::Error{base::ErrorCode::kUnavailable, "token.unsupported",
                     "a sealing key is none of RSA, P-256, P-384, P-521 and Ed25519"};
}

base::Result<SignatureAlgorithm> ChooseAlgorithm(const PublicKey& key,
                                                 std::optional<SignatureAlgorithm> asked) {
  if (!asked) return AlgorithmOf(key);
  if (TraitsOf(*asked).key == key.kind()) return *asked;
  return base::Error{
      base::ErrorCode::kInvalidInput, "seal.other-algorithm",
      std::string(AlgorithmName(*asked)) + " is not for a key of kind " + std::string(key.kind())};
}

// The digest is made here and the token signs it: fewer bytes cross to it, and modules that lack
// the combined mechanism serve too.
base::Result<base::Bytes> SignData(Session& session, CK_OBJECT_HANDLE key,
                                   SignatureAlgorithm algorithm, base::ByteSpan data) {
  const Traits& traits = TraitsOf(algorithm);
  if (traits.md == nullptr) return session.Sign({traits.mechanism, nullptr, 0}, key, data);
  return SignHash(session, key, algorithm, Digest(traits.md(), data));
}

std::size_t HashSize(SignatureAlgorithm algorithm) {
  const Traits& traits = TraitsOf(algorithm);
  return traits.md == nullptr ? 0 : static_cast<std::size_t>(EVP_MD_get_size(traits.md()));
}

base::Result<base::Bytes> SignHash(Session& session, CK_OBJECT_HANDLE key,
                                   SignatureAlgorithm algorithm, base::ByteSpan hash) {
  const Traits& traits = TraitsOf(algorithm);
  if (traits.padding == Padding::kPkcs1) {
    base::Bytes info(kSha256DigestInfo.begin(), kSha256DigestInfo.end());
    base::Append(hash, info);
    return session.Sign({traits.mechanism, nullptr, 0}, key, info);
  }
  if (traits.padding == Padding::kNone)
    return session.Sign({traits.mechanism, nullptr, 0}, key, hash);
  CK_RSA_PKCS_PSS_PARAMS pss{CKM_SHA256, CKG_MGF1_SHA256, hash.size()};
  return session.Sign({traits.mechanism, &pss, sizeof pss}, key, hash);
}

bool VerifiesHash(const PublicKey& key, SignatureAlgorithm algorithm, base::ByteSpan hash,
                  base::ByteSpan value) {
  const Traits& traits = TraitsOf(algorithm);
  if (traits.key != key.kind() || hash.size() != HashSize(algorithm)) return false;
  const base::Bytes der = traits.mechanism == CKM_ECDSA ? EcdsaDer(key, value) : base::Bytes();
  const base::ByteSpan signature = traits.mechanism == CKM_ECDSA ? base::ByteSpan(der) : value;
  const KeyContext context{EVP_PKEY_CTX_new(key.evp(), nullptr)};
  bool good = context && EVP_PKEY_verify_init(context.get()) == 1;
  if (good && traits.padding != Padding::kNone)
    good = EVP_PKEY_CTX_set_rsa_padding(context.get(), traits.padding == Padding::kPss
                                                           ? RSA_PKCS1_PSS_PADDING
                                                           : RSA_PKCS1_PADDING) == 1;
  good = good && EVP_PKEY_CTX_set_signature_md(context.get(), traits.md()) == 1;
  if (good && traits.padding == Padding::kPss)
    good = EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_DIGEST) == 1;
  good = good && EVP_PKEY_verify(context.get(), signature.data(), signature.size(), hash.data(),
                                 hash.size()) == 1;
  ERR_clear_error();
  return good;
}

bool VerifiesSeal(const PublicKey& key, SignatureAlgorithm algorithm, base::ByteSpan data,
                  base::ByteSpan value) {
  const Traits& traits = TraitsOf(algorithm);
  if (traits.key != key.kind()) return false;
  const base::Bytes der = traits.mechanism == CKM_ECDSA ? EcdsaDer(key, value) : base::Bytes();
  const base::ByteSpan signature = traits.mechanism == CKM_ECDSA ? base::ByteSpan(der) : value;
  const DigestContext context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* details = nullptr;
  bool good = context && EVP_DigestVerifyInit(context.get(), &details,
                                              traits.md == nullptr ? nullptr : traits.md(), nullptr,
                                              key.evp()) == 1;
  if (good && traits.padding == Padding::kPss)
    good = EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) == 1;
  good = good && EVP_DigestVerify(context.get(), signature.data(), signature.size(), data.data(),
                                  data.size()) == 1;
  ERR_clear_error();
  return good;
}

base::Result<SignatureAlgorithm> AlgorithmFor(base::ByteSpan certificate,
                                              std::optional<SignatureAlgorithm> asked) {
  ASSIGN_OR_RETURN(const PublicKey key, PublicKey::FromCertificate(certificate));
  auto algorithm = ChooseAlgorithm(key, asked);
  if (algorithm.ok() || algorithm.error().reason == "seal.other-algorithm") return algorithm;
  return base::Error{base::ErrorCode::kInvalidInput, "seal.other-algorithm",
                     algorithm.error().message};
}

bool IsSignedBy(base::ByteSpan certificate, SignatureAlgorithm algorithm, base::ByteSpan data,
                base::ByteSpan value) {
  const auto key = PublicKey::FromCertificate(certificate);
  return key.ok() && VerifiesSeal(key.value(), algorithm, data, value);
}

}  // namespace hsm
