#include "hsm/jws.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/base64.h"
#include "base/c_handle.h"
#include "hsm/public_key.h"
#include "hsm/seal_signature.h"

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;
using Bio = base::CHandle<BIO, BIO_free_all>;
using EvpKey = base::CHandle<EVP_PKEY, EVP_PKEY_free>;
using MdContext = base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;

constexpr std::size_t kMaxJws = 16'384;

struct JwsAlgorithm {
  std::string_view name;
  std::string_view kind;  // Of the key; the first row of a kind is what we sign with.
  SignatureAlgorithm algorithm;
};
constexpr auto kAlgorithms = std::to_array<JwsAlgorithm>({
    {"ES256", "P-256", SignatureAlgorithm::kEcdsaSha256},
    {"ES384", "P-384", SignatureAlgorithm::kEcdsaSha384},
    {"EdDSA", "Ed25519", SignatureAlgorithm::kEd25519},
    {"PS256", "RSA", SignatureAlgorithm::kRsaPssSha256},
    {"RS256", "RSA", SignatureAlgorithm::kRsaSha256},
});

Error Malformed(std::string what) {
  return {ErrorCode::kInvalidInput, "approval.malformed", std::move(what)};
}

base::Result<Json> PartAsJson(std::string_view part) {
  const auto bytes = base::Base64UrlDecode(part);
  if (!bytes) return Malformed("not base64url");
  auto json = Json::Parse(base::AsText(*bytes));
  if (!json.ok()) return Malformed(json.error().message);
  return json;
}

bool MaySign(const PublicKey& key) {
  constexpr int kLeastRsaBits = 2048;
  return std::ranges::find(kAlgorithms, key.kind(), &JwsAlgorithm::kind) != kAlgorithms.end() &&
         (key.kind() != "RSA" || EVP_PKEY_get_bits(key.evp()) >= kLeastRsaBits);
}

// r || s of RFC 7518, 3.4, out of the DER that OpenSSL makes.
base::Bytes FixedSize(base::ByteSpan der, std::size_t half) {
  const std::uint8_t* at = der.data();
  const base::CHandle<ECDSA_SIG, ECDSA_SIG_free> signature{
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()))};
  base::Bytes value(2 * half);
  if (!signature ||
      BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), value.data(), static_cast<int>(half)) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), value.data() + half, static_cast<int>(half)) <
          0)
    return {};
  return value;
}

const EVP_MD* DigestFor(SignatureAlgorithm algorithm) {
  if (algorithm == SignatureAlgorithm::kEd25519) return nullptr;
  return algorithm == SignatureAlgorithm::kEcdsaSha384 ? EVP_sha384() : EVP_sha256();
}

base::Bytes SignWith(EVP_PKEY* key, SignatureAlgorithm algorithm, std::string_view input) {
  const MdContext context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* parameters = nullptr;
  if (!context ||
      EVP_DigestSignInit(context.get(), &parameters, DigestFor(algorithm), nullptr, key) != 1)
    return {};
  if (algorithm == SignatureAlgorithm::kRsaPssSha256 &&
      (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) != 1))
    return {};
  const base::ByteSpan data = base::AsBytes(input);
  std::size_t size = 0;
  if (EVP_DigestSign(context.get(), nullptr, &size, data.data(), data.size()) != 1) return {};
  base::Bytes value(size);
  if (EVP_DigestSign(context.get(), value.data(), &size, data.data(), data.size()) != 1) return {};
  value.resize(size);
  if (algorithm == SignatureAlgorithm::kEcdsaSha256) return FixedSize(value, 32);
  if (algorithm == SignatureAlgorithm::kEcdsaSha384) return FixedSize(value, 48);
  return value;
}

}  // namespace

bool IsNonce(std::string_view text) {
  const auto is_base64url = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return text.size() >= 16 && text.size() <= 64 && std::ranges::all_of(text, is_base64url);
}

bool HasOnly(const Json& object, std::initializer_list<std::string_view> allowed) {
  if (object.AsObject() == nullptr) return false;
  return std::ranges::all_of(*object.AsObject(), [&](const Json::Member& member) {
    return std::ranges::find(allowed, member.first) != allowed.end();
  });
}

bool IsJwsKey(base::ByteSpan pem) {
  const auto key = PublicKey::FromPem(pem);
  return key.ok() && MaySign(key.value());
}

base::Result<OpenedJws> OpenJws(std::string_view jws, std::string_view type,
                                const std::vector<base::Bytes>& keys) {
  const std::size_t first = jws.find('.');
  const std::size_t second = jws.rfind('.');
  if (jws.size() > kMaxJws || first == std::string_view::npos || first == second)
    return Malformed("not three parts");
  ASSIGN_OR_RETURN(const Json header, PartAsJson(jws.substr(0, first)));
  if (!HasOnly(header, {"alg", "typ", "kid"}) || header.Text("typ").value_or("") != type)
    return Malformed("header");
  const std::string name = header.Text("alg").value_or("");
  const auto algorithm = std::ranges::find(kAlgorithms, name, &JwsAlgorithm::name);
  if (algorithm == kAlgorithms.end()) return Malformed("alg " + name);
  const auto value = base::Base64UrlDecode(jws.substr(second + 1));
  if (!value) return Malformed("not base64url");
  const base::ByteSpan input = base::AsBytes(jws.substr(0, second));
  const auto signer = std::ranges::find_if(keys, [&](const base::Bytes& pem) {
    const auto key = PublicKey::FromPem(pem);
    return key.ok() && key.value().kind() == algorithm->kind &&
           VerifiesSeal(key.value(), algorithm->algorithm, input, *value);
  });
  if (signer == keys.end())
    return Error{ErrorCode::kDenied, "approval.wrong-signature", "by none of the registered keys"};
  ASSIGN_OR_RETURN(Json claims, PartAsJson(jws.substr(first + 1, second - first - 1)));
  return OpenedJws{std::move(claims), static_cast<std::size_t>(signer - keys.begin())};
}

base::Result<std::string> SignJws(std::string_view type, const Json& claims,
                                  const base::Secret& private_pem) {
  const base::ByteSpan pem = private_pem.Reveal();
  const Bio bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  // Without a passphrase: nobody is there to be asked for one.
  const auto none = [](char*, int, int, void*) { return -1; };
  const EvpKey key{bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, none, nullptr) : nullptr};
  ERR_clear_error();
  const Error bad{ErrorCode::kInvalidInput, "approval.bad-key",
                  "RSA, P-256, P-384 or Ed25519, in PEM without a passphrase"};
  if (!key) return bad;
  const auto algorithm = std::ranges::find_if(kAlgorithms, [&](const JwsAlgorithm& one) {
    return PublicKey::Of(key.get()).kind() == one.kind;
  });
  if (algorithm == kAlgorithms.end()) return bad;
  const std::string header = Json().Set("alg", algorithm->name).Set("typ", type).Dump();
  const std::string input = base::Base64UrlEncode(base::AsBytes(header)) + "." +
                            base::Base64UrlEncode(base::AsBytes(claims.Dump()));
  const base::Bytes value = SignWith(key.get(), algorithm->algorithm, input);
  ERR_clear_error();
  if (value.empty()) return bad;
  return input + "." + base::Base64UrlEncode(value);
}

}  // namespace hsm
