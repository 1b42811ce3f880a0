#include "hsm/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "hsm/key_purpose.h"

namespace hsm {
namespace {

using base::ErrorCode;
using Bignum = base::CHandle<BIGNUM, BN_free>;
using EcdsaSignature = base::CHandle<ECDSA_SIG, ECDSA_SIG_free>;
using EvpContext = base::CHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using MdContext = base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;
using ParamBuilder = base::CHandle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = base::CHandle<OSSL_PARAM, OSSL_PARAM_free>;

constexpr std::size_t kP256Half = 32;
constexpr std::size_t kP256Point = 65;
constexpr std::size_t kEd25519Point = 32;

base::Error Unsupported(std::string message) {
  return {ErrorCode::kUnavailable, "token.unsupported", std::move(message)};
}

Bignum ToBignum(base::ByteSpan bytes) {
  return Bignum(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

EVP_PKEY* FromParams(const char* type, const ParamBuilder& builder) {
  const Params params{OSSL_PARAM_BLD_to_param(builder.get())};
  const EvpContext context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return nullptr;
  return key;
}

EVP_PKEY* RsaKey(base::ByteSpan modulus, base::ByteSpan exponent) {
  const Bignum n = ToBignum(modulus);
  const Bignum e = ToBignum(exponent);
  const ParamBuilder builder{OSSL_PARAM_BLD_new()};
  if (!n || !e || !builder) return nullptr;
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  return FromParams("RSA", builder);
}

EVP_PKEY* P256Key(base::ByteSpan point) {
  const ParamBuilder builder{OSSL_PARAM_BLD_new()};
  if (!builder) return nullptr;
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  return FromParams("EC", builder);
}

// PKCS#11 2.40 puts the point into an OCTET STRING; for Edwards keys, modules do it or not.
base::ByteSpan PointIn(base::ByteSpan value, std::size_t size) {
  constexpr std::uint8_t kOctetString = 0x04;
  const bool wrapped = value.size() == size + 2 && value[0] == kOctetString && value[1] == size;
  return wrapped ? value.subspan(2) : value;
}

base::Result<EVP_PKEY*> ReadRsa(Session& session, CK_OBJECT_HANDLE key) {
  ASSIGN_OR_RETURN(const base::Bytes modulus, session.Attribute(key, CKA_MODULUS));
  ASSIGN_OR_RETURN(const base::Bytes exponent, session.Attribute(key, CKA_PUBLIC_EXPONENT));
  return RsaKey(modulus, exponent);
}

base::Result<EVP_PKEY*> ReadElliptic(Session& session, CK_OBJECT_HANDLE key, CK_KEY_TYPE type) {
  ASSIGN_OR_RETURN(const base::Bytes value, session.Attribute(key, CKA_EC_POINT));
  if (type == CKK_EC) return P256Key(PointIn(value, kP256Point));
  const base::ByteSpan point = PointIn(value, kEd25519Point);
  return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, point.data(), point.size());
}

bool Verifies(EVP_PKEY* key, const EVP_MD* digest, base::ByteSpan data, base::ByteSpan value) {
  const MdContext context{EVP_MD_CTX_new()};
  const bool good =
      context && EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
      EVP_DigestVerify(context.get(), value.data(), value.size(), data.data(), data.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace

base::Result<PublicKey> PublicKey::FromToken(Session& session, std::string_view id) {
  ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE object, FindOne(session, CKO_PUBLIC_KEY, id));
  ASSIGN_OR_RETURN(const base::Bytes type_bytes, session.Attribute(object, CKA_KEY_TYPE));
  CK_KEY_TYPE type = 0;
  if (type_bytes.size() != sizeof type) return Unsupported("CKA_KEY_TYPE has an odd size");
  std::memcpy(&type, type_bytes.data(), sizeof type);
  const auto read =
      type == CKK_RSA ? ReadRsa(session, object) : ReadElliptic(session, object, type);
  if (!read.ok()) return read.error();
  if (read.value() == nullptr) {
    ERR_clear_error();
    return Unsupported("the public key " + std::string(id) + " is not of a kind we use");
  }
  return PublicKey(read.value());
}

// XMLDSIG 1.1, 6.4.3: r and s, each as long as the group's order; OpenSSL wants DER.
base::Bytes EcdsaDer(base::ByteSpan value) {
  if (value.size() != 2 * kP256Half) return {};
  const EcdsaSignature signature{ECDSA_SIG_new()};
  Bignum r = ToBignum(value.first(kP256Half));
  Bignum s = ToBignum(value.subspan(kP256Half));
  if (!signature || !r || !s) return {};
  ECDSA_SIG_set0(signature.get(), r.release(), s.release());
  base::Bytes der(static_cast<std::size_t>(i2d_ECDSA_SIG(signature.get(), nullptr)));
  std::uint8_t* end = der.data();
  i2d_ECDSA_SIG(signature.get(), &end);
  return der;
}

X509Certificate ParseCertificate(base::ByteSpan der) {
  const std::uint8_t* end = der.data();
  X509Certificate certificate{d2i_X509(nullptr, &end, static_cast<long>(der.size()))};
  if (certificate && end != der.data() + der.size()) certificate.reset();
  ERR_clear_error();
  return certificate;
}

base::Result<PublicKey> PublicKey::FromCertificate(base::ByteSpan der) {
  const X509Certificate certificate = ParseCertificate(der);
  if (!certificate || X509_get0_pubkey(certificate.get()) == nullptr) {
    ERR_clear_error();
    return base::Error{ErrorCode::kInvalidInput, "certificate.malformed",
                       "not one X.509 certificate in DER"};
  }
  return PublicKey(X509_get_pubkey(certificate.get()));
}

bool PublicKey::is_p256() const {
  std::array<char, 32> group{};
  return EVP_PKEY_get_group_name(key_.get(), group.data(), group.size(), nullptr) == 1 &&
         std::string_view(group.data()) == "prime256v1";
}

bool PublicKey::VerifiesSeal(base::ByteSpan data, base::ByteSpan value) const {
  if (is_rsa()) return Verifies(key_.get(), EVP_sha256(), data, value);
  return Verifies(key_.get(), EVP_sha256(), data, EcdsaDer(value));
}

bool PublicKey::VerifiesEd25519(base::ByteSpan data, base::ByteSpan value) const {
  return Verifies(key_.get(), nullptr, data, value);
}

base::Bytes PublicKey::Ed25519Bytes() const {
  base::Bytes raw(kEd25519Point);
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(key_.get(), raw.data(), &size) != 1 || size != raw.size())
    std::abort();
  return raw;
}

}  // namespace hsm
