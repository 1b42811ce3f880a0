#include "hsm/approval.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/base64.h"
#include "base/c_handle.h"
#include "base/json.h"
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

constexpr std::string_view kType = "edocvault-approval+jwt";
constexpr std::size_t kMaxApproval = 16'384;

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

// "a%C4%81.txt" is "aā.txt". REQUIRES: IsRelativePath().
std::string NameOfPath(std::string_view path) {
  std::string name;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      name += path[i];
      continue;
    }
    std::string digits(path.substr(i + 1, 2));
    std::ranges::transform(digits, digits.begin(),
                           [](char c) { return c >= 'A' && c <= 'F' ? char(c - 'A' + 'a') : c; });
    name += base::ToString(base::HexDecode(digits).value_or(base::Bytes{}));
    i += 2;
  }
  return name;
}

std::optional<base::Sha256Digest> HexDigest(std::string_view text) {
  const auto bytes = base::HexDecode(text);
  return bytes ? base::ToSha256Digest(*bytes) : std::nullopt;
}

bool IsNonce(std::string_view text) {
  const auto is_base64url = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return text.size() >= 16 && text.size() <= 64 && std::ranges::all_of(text, is_base64url);
}

// Only members of `allowed`: what we do not know could be meant to restrict (RFC 7515, 4.1.11).
bool HasOnly(const Json& object, std::initializer_list<std::string_view> allowed) {
  if (object.AsObject() == nullptr) return false;
  return std::ranges::all_of(*object.AsObject(), [&](const Json::Member& member) {
    return std::ranges::find(allowed, member.first) != allowed.end();
  });
}

base::Result<Json> PartAsJson(std::string_view part) {
  const auto bytes = base::Base64UrlDecode(part);
  if (!bytes) return Malformed("not base64url");
  auto json = Json::Parse(base::AsText(*bytes));
  if (!json.ok()) return Malformed(json.error().message);
  return json;
}

base::Result<Approval> ReadClaims(const Json& claims) {
  if (!HasOnly(claims, {"aud", "key", "level", "groups", "jti", "exp", "iat", "uses"}))
    return Malformed("unknown claims");
  Approval approval{.vault = claims.Text("aud").value_or(""),
                    .key = {claims.Text("key").value_or("")},
                    .level = claims.Text("level").value_or(""),
                    .groups = {},
                    .nonce = claims.Text("jti").value_or(""),
                    .expires = base::Time(std::chrono::seconds(claims.Integer("exp").value_or(0))),
                    .uses = 1};
  const Json* groups = claims.Find("groups");
  if (groups == nullptr || groups->AsArray() == nullptr || groups->AsArray()->empty() ||
      groups->AsArray()->size() > Approval::kMostGroups)
    return Malformed("groups");
  for (const Json& group : *groups->AsArray()) {
    const auto digest = HexDigest(group.AsString() == nullptr ? "" : *group.AsString());
    if (!digest) return Malformed("a group is 64 hexadecimal digits");
    approval.groups.push_back(*digest);
  }
  if (claims.Find("uses") != nullptr) {
    const std::int64_t uses = claims.Integer("uses").value_or(0);
    if (uses < 1 || uses > Approval::kMostUses) return Malformed("uses");
    approval.uses = static_cast<std::uint32_t>(uses);
  }
  if (!IsNonce(approval.nonce)) return Malformed("jti is 16 to 64 characters of base64url");
  if (approval.vault.empty() || approval.key.text.empty() || approval.level.empty())
    return Malformed("aud, key and level are texts");
  return approval;
}

Json ToClaims(const Approval& approval) {
  Json groups{Json::Array{}};
  for (const base::Sha256Digest& group : approval.groups) groups.Push(base::HexEncode(group.bytes));
  return Json()
      .Set("aud", approval.vault)
      .Set("key", approval.key.text)
      .Set("level", approval.level)
      .Set("groups", std::move(groups))
      .Set("jti", approval.nonce)
      .Set("exp", std::int64_t{approval.expires.time_since_epoch().count()})
      .Set("uses", static_cast<std::int64_t>(approval.uses));
}

bool IsApprover(const PublicKey& key) {
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

RequestKeyPair MakeRequestKey() {
  const EvpKey key{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
  const Bio private_half{BIO_new(BIO_s_secmem())};
  const Bio public_half{BIO_new(BIO_s_mem())};
  if (!key ||
      PEM_write_bio_PrivateKey(private_half.get(), key.get(), nullptr, nullptr, 0, nullptr,
                               nullptr) != 1 ||
      PEM_write_bio_PUBKEY(public_half.get(), key.get()) != 1)
    std::abort();  // Out of memory.
  const auto content = [](const Bio& bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return std::string_view(data, static_cast<std::size_t>(size));
  };
  return {.private_pem = base::Secret(base::ToBytes(content(private_half))),
          .public_pem = std::string(content(public_half))};
}

base::Sha256Digest ItemDigest(const std::vector<NamedDigest>& documents) {
  std::vector<std::string> lines;
  for (const NamedDigest& one : documents)
    lines.push_back(base::HexEncode(one.digest.bytes) + "  " + one.name + "\n");
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines) text += line;
  return base::Sha256(base::AsBytes(text));
}

base::Sha256Digest ItemDigest(base::ByteSpan hash) {
  return base::Sha256(base::AsBytes(base::HexEncode(hash) + "  \n"));
}

base::Sha256Digest ItemDigest(const std::vector<Reference>& references) {
  std::vector<NamedDigest> documents;
  for (const Reference& reference : references) {
    if (reference.kind == ReferenceKind::kSignedProperties) continue;
    const bool named = reference.kind == ReferenceKind::kDocument;
    documents.push_back({named ? NameOfPath(reference.uri) : "", reference.digest});
  }
  return ItemDigest(documents);
}

base::Sha256Digest GroupDigest(const std::vector<base::Sha256Digest>& items) {
  base::Bytes digests;
  for (const base::Sha256Digest& item : items) base::Append(item.span(), digests);
  return base::Sha256(digests);
}

bool IsRequestKey(base::ByteSpan pem) {
  const auto key = PublicKey::FromPem(pem);
  return key.ok() && IsApprover(key.value());
}

base::Result<Approval> OpenApproval(std::string_view jws,
                                    const std::vector<base::Bytes>& approvers) {
  const std::size_t first = jws.find('.');
  const std::size_t second = jws.rfind('.');
  if (jws.size() > kMaxApproval || first == std::string_view::npos || first == second)
    return Malformed("not three parts");
  ASSIGN_OR_RETURN(const Json header, PartAsJson(jws.substr(0, first)));
  if (!HasOnly(header, {"alg", "typ", "kid"}) || header.Text("typ").value_or("") != kType)
    return Malformed("header");
  const std::string name = header.Text("alg").value_or("");
  const auto algorithm = std::ranges::find(kAlgorithms, name, &JwsAlgorithm::name);
  if (algorithm == kAlgorithms.end()) return Malformed("alg " + name);
  const auto value = base::Base64UrlDecode(jws.substr(second + 1));
  if (!value) return Malformed("not base64url");
  const base::ByteSpan input = base::AsBytes(jws.substr(0, second));
  const bool good = std::ranges::any_of(approvers, [&](const base::Bytes& pem) {
    const auto key = PublicKey::FromPem(pem);
    return key.ok() && key.value().kind() == algorithm->kind &&
           VerifiesSeal(key.value(), algorithm->algorithm, input, *value);
  });
  if (!good)
    return Error{ErrorCode::kDenied, "approval.wrong-signature", "by none of the request keys"};
  ASSIGN_OR_RETURN(const Json claims, PartAsJson(jws.substr(first + 1, second - first - 1)));
  return ReadClaims(claims);
}

base::Result<std::string> SignApproval(const Approval& approval, const base::Secret& private_pem) {
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
  const std::string header = Json().Set("alg", algorithm->name).Set("typ", kType).Dump();
  const std::string input = base::Base64UrlEncode(base::AsBytes(header)) + "." +
                            base::Base64UrlEncode(base::AsBytes(ToClaims(approval).Dump()));
  const base::Bytes value = SignWith(key.get(), algorithm->algorithm, input);
  ERR_clear_error();
  if (value.empty()) return bad;
  return input + "." + base::Base64UrlEncode(value);
}

}  // namespace hsm
