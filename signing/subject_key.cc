#include "signing/subject_key.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/c_handle.h"
#include "signing/der_reader.h"

namespace signing {
namespace {

using BigNumber = base::CHandle<BIGNUM, BN_free>;
using KeyContext = base::CHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using Key = std::shared_ptr<EVP_PKEY>;

// ---- A provider of digests: those of OpenSSL's default provider, which live for ever. ----

OSSL_PROVIDER* DefaultProvider() {
  static OSSL_PROVIDER* const provider = OSSL_PROVIDER_load(nullptr, "default");
  return provider;
}

const OSSL_ALGORITHM* QueryDigests(void* /*context*/, int operation, int* no_cache) {
  *no_cache = 0;
  return operation == OSSL_OP_DIGEST
             ? OSSL_PROVIDER_query_operation(DefaultProvider(), operation, no_cache)
             : nullptr;
}

int StartDigests(const OSSL_CORE_HANDLE* /*core*/, const OSSL_DISPATCH* /*from_core*/,
                 const OSSL_DISPATCH** functions, void** context) {
  static const std::array<OSSL_DISPATCH, 2> kFunctions{
      {{OSSL_FUNC_PROVIDER_QUERY_OPERATION, reinterpret_cast<void (*)()>(QueryDigests)},
       {0, nullptr}}};
  *functions = kFunctions.data();
  *context = OSSL_PROVIDER_get0_provider_ctx(DefaultProvider());
  return 1;
}

OSSL_LIB_CTX* MakeKeylessContext() {
  constexpr const char* kName = "digests";
  OSSL_LIB_CTX* context = DefaultProvider() == nullptr ? nullptr : OSSL_LIB_CTX_new();
  if (context != nullptr && OSSL_PROVIDER_add_builtin(context, kName, StartDigests) == 1 &&
      OSSL_PROVIDER_load(context, kName) != nullptr)
    return context;
  OSSL_LIB_CTX_free(context);
  return nullptr;
}

// ---- Keys. ----

struct Curve {
  int nid;
  const char* group;
};
constexpr auto kCurves = std::to_array<Curve>({
    {NID_X9_62_prime192v1, SN_X9_62_prime192v1},
    {NID_secp224r1, SN_secp224r1},
    {NID_X9_62_prime256v1, SN_X9_62_prime256v1},
    {NID_secp384r1, SN_secp384r1},
    {NID_secp521r1, SN_secp521r1},
    {NID_secp256k1, SN_secp256k1},
    {NID_brainpoolP224r1, SN_brainpoolP224r1},
    {NID_brainpoolP256r1, SN_brainpoolP256r1},
    {NID_brainpoolP320r1, SN_brainpoolP320r1},
    {NID_brainpoolP384r1, SN_brainpoolP384r1},
    {NID_brainpoolP512r1, SN_brainpoolP512r1},
});

Key MakeKey(const char* type, OSSL_PARAM* parameters) {
  const KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
    return nullptr;
  return {key, EVP_PKEY_free};
}

// RFC 5480, 2: the curve by its name in the parameters, the point as the key's octets.
Key EcKey(const X509_ALGOR* algorithm, base::ByteSpan point) {
  int type = V_ASN1_UNDEF;
  const void* value = nullptr;
  X509_ALGOR_get0(nullptr, &type, &value, algorithm);
  if (type != V_ASN1_OBJECT) return nullptr;
  const auto curve =
      std::ranges::find(kCurves, OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(value)), &Curve::nid);
  if (curve == kCurves.end()) return nullptr;
  std::array parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(curve->group),
                                       0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                        const_cast<std::uint8_t*>(point.data()), point.size()),
      OSSL_PARAM_construct_end()};
  return MakeKey("EC", parameters.data());
}

// OSSL_PARAM has integers in the machine's order.
base::Bytes MachineOrder(base::ByteSpan big_endian) {
  base::Bytes bytes(big_endian.rbegin(), big_endian.rend());
  if (bytes.empty()) bytes.push_back(0);
  return bytes;
}

bool IsSoundExponent(base::ByteSpan big_endian) {
  constexpr int kMaxBits = 64;
  const BigNumber exponent{
      BN_bin2bn(big_endian.data(), static_cast<int>(big_endian.size()), nullptr)};
  return exponent && BN_is_odd(exponent.get()) == 1 && BN_is_one(exponent.get()) != 1 &&
         BN_num_bits(exponent.get()) <= kMaxBits;
}

// RFC 8017, A.1.1: RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }.
Key RsaKey(base::ByteSpan der) {
  DerReader outer(der);
  const auto sequence = outer.Take(kDerSequence);
  if (!sequence || !outer.empty()) return nullptr;
  DerReader fields(*sequence);
  const auto modulus = fields.Take(kDerInteger);
  const auto exponent = fields.Take(kDerInteger);
  if (!modulus || !exponent || !fields.empty() || !IsSoundExponent(*exponent)) return nullptr;
  base::Bytes n = MachineOrder(*modulus);
  base::Bytes e = MachineOrder(*exponent);
  std::array parameters{OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n.data(), n.size()),
                        OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e.data(), e.size()),
                        OSSL_PARAM_construct_end()};
  return MakeKey("RSA", parameters.data());
}

bool HasSoundExponent(const EVP_PKEY* key) {
  BIGNUM* exponent = nullptr;
  const bool read = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1;
  const BigNumber owner{exponent};
  if (!read) return false;
  base::Bytes bytes(static_cast<std::size_t>(BN_num_bytes(exponent)));
  BN_bn2bin(exponent, bytes.data());
  return IsSoundExponent(bytes);
}

// All other kinds, by OpenSSL's decoders.
Key OtherKey(X509_PUBKEY* info) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(info, &der);
  if (size <= 0) return nullptr;
  const unsigned char* at = der;
  Key key{d2i_PUBKEY(nullptr, &at, size), EVP_PKEY_free};
  OPENSSL_free(der);
  if (!key || EVP_PKEY_is_a(key.get(), "EC") == 1) return nullptr;
  const bool is_rsa =
      EVP_PKEY_is_a(key.get(), "RSA") == 1 || EVP_PKEY_is_a(key.get(), "RSA-PSS") == 1;
  return is_rsa && !HasSoundExponent(key.get()) ? nullptr : key;
}

Key Read(X509_PUBKEY* info) {
  ASN1_OBJECT* oid = nullptr;
  const unsigned char* octets = nullptr;
  int size = 0;
  X509_ALGOR* algorithm = nullptr;
  if (info == nullptr || X509_PUBKEY_get0_param(&oid, &octets, &size, &algorithm, info) != 1)
    return nullptr;
  const base::ByteSpan content(octets, static_cast<std::size_t>(size));
  switch (OBJ_obj2nid(oid)) {
    case NID_X9_62_id_ecPublicKey: return EcKey(algorithm, content);
    case NID_rsaEncryption: return RsaKey(content);
    default: return OtherKey(info);
  }
}

}  // namespace

OSSL_LIB_CTX* KeylessContext() {
  static OSSL_LIB_CTX* const context = MakeKeylessContext();
  return context;
}

std::shared_ptr<EVP_PKEY> SubjectKeyOf(X509_PUBKEY* info) {
  Key key = Read(info);
  ERR_clear_error();
  return key;
}

std::shared_ptr<EVP_PKEY> SubjectKeyOf(const X509* x509) {
  return SubjectKeyOf(X509_get_X509_PUBKEY(x509));
}

}  // namespace signing
