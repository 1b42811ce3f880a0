#include "hsm/public_key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <algorithm>
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

constexpr std::size_t kEd25519Point = 32;

struct Curve {
  std::string_view kind;
  const char* group;          // OpenSSL's name.
  std::size_t half;           // Bytes of a coordinate, and of the order.
  base::ByteSpan parameters;  // CKA_EC_PARAMS.
};
constexpr auto kCurves = std::to_array<Curve>({
    {"P-256", "prime256v1", 32, kP256Parameters},
    {"P-384", "secp384r1", 48, kP384Parameters},
    {"P-521", "secp521r1", 66, kP521Parameters},
});

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

EVP_PKEY* EcKey(const Curve& curve, base::ByteSpan point) {
  const ParamBuilder builder{OSSL_PARAM_BLD_new()};
  if (!builder) return nullptr;
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.group, 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  return FromParams("EC", builder);
}

// PKCS#11 2.40 puts the point into an OCTET STRING; for Edwards keys, modules do it or not.
base::ByteSpan PointIn(base::ByteSpan value, std::size_t size) {
  base::Bytes head{0x04, static_cast<std::uint8_t>(size)};
  if (size > 127) head.insert(head.begin() + 1, 0x81);  // X.690, 8.1.3.5: one byte of length.
  const bool wrapped =
      value.size() == head.size() + size && std::ranges::equal(value.first(head.size()), head);
  return wrapped ? value.subspan(head.size()) : value;
}

base::Result<EVP_PKEY*> ReadRsa(Session& session, CK_OBJECT_HANDLE key) {
  ASSIGN_OR_RETURN(const base::Bytes modulus, session.Attribute(key, CKA_MODULUS));
  ASSIGN_OR_RETURN(const base::Bytes exponent, session.Attribute(key, CKA_PUBLIC_EXPONENT));
  return RsaKey(modulus, exponent);
}

base::Result<EVP_PKEY*> ReadElliptic(Session& session, CK_OBJECT_HANDLE key, CK_KEY_TYPE type) {
  ASSIGN_OR_RETURN(const base::Bytes value, session.Attribute(key, CKA_EC_POINT));
  if (type == CKK_EC) {
    ASSIGN_OR_RETURN(const base::Bytes parameters, session.Attribute(key, CKA_EC_PARAMS));
    for (const Curve& curve : kCurves)
      if (std::ranges::equal(parameters, curve.parameters))
        return EcKey(curve, PointIn(value, 1 + 2 * curve.half));
    return nullptr;
  }
  const base::ByteSpan point = PointIn(value, kEd25519Point);
  return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, point.data(), point.size());
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
base::Bytes EcdsaDer(const PublicKey& key, base::ByteSpan value) {
  const auto curve = std::ranges::find(kCurves, key.kind(), &Curve::kind);
  if (curve == kCurves.end() || value.size() != 2 * curve->half) return {};
  const EcdsaSignature signature{ECDSA_SIG_new()};
  Bignum r = ToBignum(value.first(curve->half));
  Bignum s = ToBignum(value.subspan(curve->half));
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

base::Result<PublicKey> PublicKey::FromPem(base::ByteSpan pem) {
  const base::CHandle<BIO, BIO_free_all> bio{
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  EVP_PKEY* key = bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr) : nullptr;
  ERR_clear_error();
  if (key == nullptr)
    return base::Error{ErrorCode::kInvalidInput, "key.malformed", "not one public key in PEM"};
  return PublicKey(key);
}

PublicKey PublicKey::Of(EVP_PKEY* borrowed) {
  EVP_PKEY_up_ref(borrowed);
  return PublicKey(borrowed);
}

std::string_view PublicKey::kind() const {
  if (EVP_PKEY_is_a(key_.get(), "RSA") == 1) return "RSA";
  if (EVP_PKEY_is_a(key_.get(), "ED25519") == 1) return "Ed25519";
  std::array<char, 32> group{};
  if (EVP_PKEY_get_group_name(key_.get(), group.data(), group.size(), nullptr) != 1) return "";
  const auto curve = std::ranges::find_if(
      kCurves, [&](const Curve& one) { return std::string_view(group.data()) == one.group; });
  return curve == kCurves.end() ? std::string_view() : curve->kind;
}

bool PublicKey::VerifiesEd25519(base::ByteSpan data, base::ByteSpan value) const {
  const MdContext context{EVP_MD_CTX_new()};
  const bool good =
      context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(context.get(), value.data(), value.size(), data.data(), data.size()) == 1;
  ERR_clear_error();
  return good;
}

base::Bytes PublicKey::Ed25519Bytes() const {
  base::Bytes raw(kEd25519Point);
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(key_.get(), raw.data(), &size) != 1 || size != raw.size())
    std::abort();
  return raw;
}

}  // namespace hsm
