#include "hsm/approval.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/c_handle.h"
#include "base/json.h"
#include "hsm/jws.h"
#include "hsm/public_key.h"

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;
using Bio = base::CHandle<BIO, BIO_free_all>;
using EvpKey = base::CHandle<EVP_PKEY, EVP_PKEY_free>;

constexpr std::string_view kType = "edocvault-approval+jwt";

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
  return IsJwsKey(pem);
}

bool IsSameKey(base::ByteSpan pem, base::ByteSpan other) {
  const auto key = PublicKey::FromPem(pem);
  const auto same = PublicKey::FromPem(other);
  return key.ok() && same.ok() && key.value() == same.value();
}

base::Result<Approval> OpenApproval(std::string_view jws,
                                    const std::vector<base::Bytes>& approvers) {
  ASSIGN_OR_RETURN(const OpenedJws opened, OpenJws(jws, kType, approvers));
  return ReadClaims(opened.claims);
}

base::Result<std::string> SignApproval(const Approval& approval, const base::Secret& private_pem) {
  return SignJws(kType, ToClaims(approval), private_pem);
}

}  // namespace hsm
