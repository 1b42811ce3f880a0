#include "signing/signature_value.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>

#include "base/c_handle.h"

namespace signing {
namespace {

using Key = base::CHandle<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = base::CHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;
using EcdsaSignature = base::CHandle<ECDSA_SIG, ECDSA_SIG_free>;

constexpr auto kAlgorithms = std::to_array<SignatureAlgorithm>({
    {"http://www.w3.org/2000/09/xmldsig#rsa-sha1", SignatureScheme::kRsaPkcs1, "SHA1"},
    {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha224", SignatureScheme::kRsaPkcs1, "SHA224"},
    {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", SignatureScheme::kRsaPkcs1, "SHA256"},
    {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", SignatureScheme::kRsaPkcs1, "SHA384"},
    {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", SignatureScheme::kRsaPkcs1, "SHA512"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1", SignatureScheme::kRsaPss, "SHA1"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha224-rsa-MGF1", SignatureScheme::kRsaPss, "SHA224"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", SignatureScheme::kRsaPss, "SHA256"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1", SignatureScheme::kRsaPss, "SHA384"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1", SignatureScheme::kRsaPss, "SHA512"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha3-256-rsa-MGF1", SignatureScheme::kRsaPss,
     "SHA3-256"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha3-384-rsa-MGF1", SignatureScheme::kRsaPss,
     "SHA3-384"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha3-512-rsa-MGF1", SignatureScheme::kRsaPss,
     "SHA3-512"},
    {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1", SignatureScheme::kEcdsa, "SHA1"},
    {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha224", SignatureScheme::kEcdsa, "SHA224"},
    {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", SignatureScheme::kEcdsa, "SHA256"},
    {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", SignatureScheme::kEcdsa, "SHA384"},
    {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512", SignatureScheme::kEcdsa, "SHA512"},
    {"http://www.w3.org/2021/04/xmldsig-more#ecdsa-sha3-256", SignatureScheme::kEcdsa, "SHA3-256"},
    {"http://www.w3.org/2021/04/xmldsig-more#ecdsa-sha3-384", SignatureScheme::kEcdsa, "SHA3-384"},
    {"http://www.w3.org/2021/04/xmldsig-more#ecdsa-sha3-512", SignatureScheme::kEcdsa, "SHA3-512"},
    {"http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519", SignatureScheme::kEdDsa, ""},
    {"http://www.w3.org/2021/04/xmldsig-more#eddsa-ed448", SignatureScheme::kEdDsa, ""},
});

void AppendDer(std::uint8_t tag, base::ByteSpan content, base::Bytes& out) {
  out.push_back(tag);
  out.push_back(static_cast<std::uint8_t>(content.size()));  // Always short here.
  base::Append(content, out);
}

// RFC 8017, A.2.4: DigestInfo ::= SEQUENCE { digestAlgorithm, digest OCTET STRING }.
base::Bytes DigestInfo(const DigestAlgorithm& digest, base::ByteSpan hash, bool with_null) {
  const ASN1_OBJECT* oid = OBJ_nid2obj(EVP_MD_get_type(digest.md()));
  base::Bytes algorithm;
  AppendDer(0x06, {OBJ_get0_data(oid), OBJ_length(oid)}, algorithm);
  if (with_null) AppendDer(0x05, {}, algorithm);
  base::Bytes content;
  AppendDer(0x30, algorithm, content);
  AppendDer(0x04, hash, content);
  base::Bytes info;
  AppendDer(0x30, content, info);
  return info;
}

// RFC 8017, 9.2: EM = 0x00 || 0x01 || PS || 0x00 || T, PS at least eight octets.
base::Bytes Encode(base::ByteSpan digest_info, std::size_t size) {
  if (size < digest_info.size() + 11) return {};
  base::Bytes message{0x00, 0x01};
  message.resize(size - digest_info.size() - 1, 0xFF);
  message.push_back(0x00);
  base::Append(digest_info, message);
  return message;
}

// The value is never parsed: both allowed encodings are built and compared, so there is
// nothing for a forger to hide bytes in. RFC 8017, 8.2.2, note: implementations may accept
// the encoding without NULL; smart cards have made such signatures.
ValueOutcome CheckRsaPkcs1(EVP_PKEY* key, const DigestAlgorithm& digest, base::ByteSpan data,
                           base::ByteSpan value) {
  const auto size = static_cast<std::size_t>(EVP_PKEY_get_size(key));
  if (value.size() != size) return {};
  const KeyContext context{EVP_PKEY_CTX_new(key, nullptr)};
  if (!context || EVP_PKEY_verify_recover_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) != 1)
    return {};
  base::Bytes message(size);
  std::size_t length = message.size();
  if (EVP_PKEY_verify_recover(context.get(), message.data(), &length, value.data(), value.size()) !=
          1 ||
      length != size)
    return {};
  const base::Bytes hash = HashOf(digest, data);
  const bool with_null =
      base::EqualInConstantTime(message, Encode(DigestInfo(digest, hash, true), size));
  const bool without_null =
      base::EqualInConstantTime(message, Encode(DigestInfo(digest, hash, false), size));
  return {with_null || without_null, without_null};
}

bool VerifyMessage(EVP_PKEY* key, const EVP_MD* md, bool pss, base::ByteSpan data,
                   base::ByteSpan value) {
  const DigestContext context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* key_context = nullptr;  // Owned by `context`.
  if (!context || EVP_DigestVerifyInit(context.get(), &key_context, md, nullptr, key) != 1)
    return false;
  // RFC 9231, 2.3.10: MGF1 with the same digest, a salt as long as the digest.
  if (pss && (EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) != 1 ||
              EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST) != 1))
    return false;
  return EVP_DigestVerify(context.get(), value.data(), value.size(), data.data(), data.size()) == 1;
}

// A key that is ready to verify. Making it so costs as much as hashing a document, and signatures
// that come one after the other are often by one key.
struct ReadyKey {
  Key key;  // Held, so that no other can have its address.
  KeyContext context;
};

ReadyKey MakeReady(EVP_PKEY* key) {
  ReadyKey ready;
  if (EVP_PKEY_up_ref(key) != 1) return ready;
  ready.key.reset(key);
  ready.context.reset(EVP_PKEY_CTX_new(key, nullptr));
  if (ready.context && EVP_PKEY_verify_init(ready.context.get()) == 1) return ready;
  return {};
}

bool VerifyHash(EVP_PKEY* key, base::ByteSpan hash, base::ByteSpan value) {
  thread_local ReadyKey last;
  if (last.key.get() != key) last = MakeReady(key);
  return last.context && EVP_PKEY_verify(last.context.get(), value.data(), value.size(),
                                         hash.data(), hash.size()) == 1;
}

// XMLDSIG 1.1, 6.4.3: r and s, each as long as the order of the curve, one behind the other.
// Nothing shorter or longer.
bool CheckEcdsa(EVP_PKEY* key, const DigestAlgorithm& digest, base::ByteSpan data,
                base::ByteSpan value) {
  const auto half = static_cast<std::size_t>((EVP_PKEY_get_bits(key) + 7) / 8);
  if (value.size() != 2 * half) return false;
  const EcdsaSignature signature{ECDSA_SIG_new()};
  BIGNUM* r = BN_bin2bn(value.data(), static_cast<int>(half), nullptr);
  BIGNUM* s = BN_bin2bn(value.data() + half, static_cast<int>(half), nullptr);
  if (!signature || ECDSA_SIG_set0(signature.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return false;
  }
  base::Bytes der(static_cast<std::size_t>(i2d_ECDSA_SIG(signature.get(), nullptr)));
  unsigned char* at = der.data();
  i2d_ECDSA_SIG(signature.get(), &at);
  return VerifyHash(key, HashOf(digest, data), der);
}

bool KeyFits(SignatureScheme scheme, EVP_PKEY* key) {
  switch (scheme) {
    case SignatureScheme::kRsaPkcs1: return EVP_PKEY_is_a(key, "RSA") == 1;
    case SignatureScheme::kRsaPss:
      return EVP_PKEY_is_a(key, "RSA") == 1 || EVP_PKEY_is_a(key, "RSA-PSS") == 1;
    case SignatureScheme::kEcdsa: return EVP_PKEY_is_a(key, "EC") == 1;
    case SignatureScheme::kEdDsa:
      return EVP_PKEY_is_a(key, "ED25519") == 1 || EVP_PKEY_is_a(key, "ED448") == 1;
  }
  return false;
}

ValueOutcome CheckWithFittingKey(const SignatureAlgorithm& algorithm, EVP_PKEY* key,
                                 base::ByteSpan data, base::ByteSpan value) {
  if (algorithm.scheme == SignatureScheme::kEdDsa) {
    const bool named = algorithm.uri.ends_with(EVP_PKEY_is_a(key, "ED448") == 1 ? "448" : "25519");
    return {named && VerifyMessage(key, nullptr, false, data, value), false};
  }
  const DigestAlgorithm& digest = *FindDigestByName(algorithm.digest);
  switch (algorithm.scheme) {
    case SignatureScheme::kRsaPkcs1: return CheckRsaPkcs1(key, digest, data, value);
    case SignatureScheme::kRsaPss:
      return {VerifyMessage(key, digest.md(), true, data, value), false};
    case SignatureScheme::kEcdsa: return {CheckEcdsa(key, digest, data, value), false};
    case SignatureScheme::kEdDsa: break;
  }
  return {};
}

}  // namespace

const SignatureAlgorithm* FindSignatureAlgorithm(std::string_view uri) {
  const auto found = std::ranges::find(kAlgorithms, uri, &SignatureAlgorithm::uri);
  return found == kAlgorithms.end() ? nullptr : &*found;
}

ValueOutcome CheckSignatureValue(const SignatureAlgorithm& algorithm, EVP_PKEY* key,
                                 base::ByteSpan data, base::ByteSpan value) {
  if (key == nullptr || !KeyFits(algorithm.scheme, key)) return {};
  const ValueOutcome outcome = CheckWithFittingKey(algorithm, key, data, value);
  ERR_clear_error();
  return outcome;
}

}  // namespace signing
