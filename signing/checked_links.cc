#include "signing/checked_links.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>

#include "base/c_handle.h"
#include "signing/certificate.h"
#include "signing/der_reader.h"
#include "signing/trust_snapshot.h"

namespace signing {
namespace {

constexpr std::size_t kIssuerSize = sizeof(base::Sha256Digest::bytes);
constexpr std::uint8_t kDerBits = 0x03;
constexpr std::uint8_t kDerVersion = 0xA0;  // Of TBSCertificate, [0].

struct LinkAlgorithm {
  std::string_view der;  // Of the content of AlgorithmIdentifier.
  const char* key;       // EVP_PKEY_is_a().
  const EVP_MD* (*md)();
};

// RFC 5758, 3.2, without parameters; RFC 4055, 5, with NULL.
constexpr std::size_t kEcSize = 10;
constexpr std::size_t kRsaSize = 13;
constexpr std::array<LinkAlgorithm, 6> kAlgorithms{{
    {{"\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x02", kEcSize}, "EC", EVP_sha256},
    {{"\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x03", kEcSize}, "EC", EVP_sha384},
    {{"\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x04", kEcSize}, "EC", EVP_sha512},
    {{"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B\x05\x00", kRsaSize}, "RSA", EVP_sha256},
    {{"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C\x05\x00", kRsaSize}, "RSA", EVP_sha384},
    {{"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0D\x05\x00", kRsaSize}, "RSA", EVP_sha512},
}};

struct SignedCertificate {
  base::ByteSpan tbs;        // With its tag and length: what is signed.
  base::ByteSpan algorithm;  // Content of AlgorithmIdentifier.
  base::ByteSpan signature;
};

std::optional<SignedCertificate> Read(base::ByteSpan der) {
  DerReader outer(der);
  const auto certificate = outer.Take(kDerSequence);
  if (!certificate || !outer.empty()) return std::nullopt;
  DerReader fields(*certificate);
  const auto tbs = fields.Take(kDerSequence);
  const auto algorithm = fields.Take(kDerSequence);
  const auto bits = fields.Take(kDerBits);
  // No unused bits.
  if (!tbs || !algorithm || !bits || !fields.empty() || bits->empty() || (*bits)[0] != 0)
    return std::nullopt;
  DerReader inner(*tbs);
  static_cast<void>(inner.Take(kDerVersion));
  if (!inner.Take(kDerInteger)) return std::nullopt;
  const auto again = inner.Take(kDerSequence);
  if (!again || !std::ranges::equal(*again, *algorithm)) return std::nullopt;
  const auto tbs_end = static_cast<std::size_t>(tbs->data() - certificate->data()) + tbs->size();
  return SignedCertificate{certificate->first(tbs_end), *algorithm, bits->subspan(1)};
}

bool IsSignedBy(const SignedCertificate& certificate, EVP_PKEY* key) {
  const auto algorithm =
      std::ranges::find(kAlgorithms, base::AsText(certificate.algorithm), &LinkAlgorithm::der);
  if (key == nullptr || algorithm == kAlgorithms.end() || EVP_PKEY_is_a(key, algorithm->key) != 1)
    return false;
  const base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
  const bool fits =
      context && EVP_DigestVerifyInit(context.get(), nullptr, algorithm->md(), nullptr, key) == 1 &&
      EVP_DigestVerify(context.get(), certificate.signature.data(), certificate.signature.size(),
                       certificate.tbs.data(), certificate.tbs.size()) == 1;
  ERR_clear_error();
  return fits;
}

}  // namespace

struct CheckedLinks::Issuers {
  std::map<base::Sha256Digest, Certificate> by_digest;
};

CheckedLinks::CheckedLinks(const TrustSnapshot& trust) {
  auto issuers = std::make_shared<Issuers>();
  const auto add = [&](const Certificate& certificate) {
    issuers->by_digest.emplace(certificate.Sha256(), certificate);
  };
  for (const TrustService& service : trust.services())
    std::ranges::for_each(service.certificates, add);
  std::ranges::for_each(trust.anchors(), add);
  issuers_ = std::move(issuers);
}

const Certificate* CheckedLinks::Issuer(const base::Sha256Digest& sha256) const {
  const auto found = issuers_->by_digest.find(sha256);
  return found == issuers_->by_digest.end() ? nullptr : &found->second;
}

bool CheckedLinks::Add(const Link& link) {
  if (Issuer(link.first) == nullptr || !links_.insert(link).second) return false;
  order_.push_back(link);
  if (order_.size() > kMaxLinks) {
    links_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

LinkCandidate CandidateOf(const base::Sha256Digest& issuer, base::ByteSpan certificate) {
  LinkCandidate candidate(issuer.bytes.begin(), issuer.bytes.end());
  base::Append(certificate, candidate);
  return candidate;
}

Link LinkOfCandidate(base::ByteSpan candidate) {
  return {*base::ToSha256Digest(candidate.first(kIssuerSize)),
          base::Sha256(candidate.subspan(kIssuerSize))};
}

bool CheckLink(const CheckedLinks& links, base::ByteSpan candidate) {
  if (candidate.size() < kIssuerSize) return false;
  const Certificate* issuer = links.Issuer(*base::ToSha256Digest(candidate.first(kIssuerSize)));
  if (issuer == nullptr) return false;
  const auto certificate = Read(candidate.subspan(kIssuerSize));
  return certificate && IsSignedBy(*certificate, issuer->key());
}

}  // namespace signing
