#include "signing/key_work.h"

#include <algorithm>
#include <array>
#include <optional>

#include "signing/der_reader.h"
#include "signing/path_builder.h"
#include "signing/revocation.h"
#include "signing/work_budget.h"

namespace signing {
namespace {

using base::ByteSpan;

constexpr std::uint8_t kVersion = 0xA0;
constexpr std::uint8_t kBits = 0x03;
constexpr std::uint8_t kConstructed = 0x20;
constexpr int kMaxDepth = 16;
// An anchor is not in the document; most have keys like this one.
constexpr std::size_t kCostOfAnchor = CostOfEcKey(384);

constexpr std::array<std::uint8_t, 7> kEcKey{0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};
constexpr std::array<std::uint8_t, 8> kP256{0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
constexpr std::array<std::uint8_t, 8> kRsaArc{0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01};
constexpr std::array<std::uint8_t, 11> kSignedData{0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
                                                   0xF7, 0x0D, 0x01, 0x07, 0x02};

struct Element {
  std::uint8_t tag = 0;
  std::size_t header = 0;
  ByteSpan encoded;
  ByteSpan content;
};

// The next element of any tag with one byte, BER's indefinite length excepted.
std::optional<Element> TakeAny(ByteSpan& bytes) {
  if (bytes.size() < 2 || (bytes[0] & 0x1FU) == 0x1F) return std::nullopt;
  std::size_t size = bytes[1];
  std::size_t header = 2;
  if (size >= 0x80) {
    const std::size_t octets = size & 0x7FU;
    if (octets == 0 || octets > 4 || bytes.size() < 2 + octets) return std::nullopt;
    size = 0;
    for (std::size_t i = 0; i < octets; ++i) size = size << 8U | bytes[2 + i];
    header += octets;
  }
  if (size > bytes.size() - header) return std::nullopt;
  Element element{bytes[0], header, bytes.first(header + size), bytes.subspan(header, size)};
  bytes = bytes.subspan(header + size);
  return element;
}

// RFC 5280, 7.1 compares names without regard to case, runs of spaces and the string's type.
void AppendComparable(ByteSpan name, int depth, base::Bytes& out) {
  while (const auto element = TakeAny(name)) {
    if ((element->tag & kConstructed) != 0 && depth > 0) {
      AppendComparable(element->content, depth - 1, out);
      continue;
    }
    for (std::uint8_t byte : element->content) {
      if (byte == ' ' || byte == 0) continue;  // Zero: BMPString.
      out.push_back(byte >= 'A' && byte <= 'Z' ? static_cast<std::uint8_t>(byte + 0x20) : byte);
    }
    out.push_back(0);
  }
}

base::Bytes Comparable(ByteSpan name) {
  base::Bytes out;
  AppendComparable(name, 4, out);
  const auto digest = base::Sha256(out);
  return {digest.span().begin(), digest.span().end()};
}

base::Bytes DigestOf(ByteSpan bytes) {
  const auto digest = base::Sha256(bytes);
  return {digest.span().begin(), digest.span().end()};
}

std::size_t BitsOf(ByteSpan number) {
  while (!number.empty() && number.front() == 0) number = number.subspan(1);
  return number.size() * 8;
}

std::size_t CostOfRsaBits(ByteSpan bits) {
  if (bits.empty()) return 0;
  const auto sequence = DerReader(bits.subspan(1)).Take(kDerSequence);
  if (!sequence) return 0;
  DerReader fields(*sequence);
  const auto modulus = fields.Take(kDerInteger);
  const auto exponent = fields.Take(kDerInteger);
  // An exponent of more than 64 bits makes no key that we use.
  if (!modulus || !exponent || BitsOf(*exponent) > 64) return 0;
  return CostOfRsaKey(BitsOf(*modulus), BitsOf(*exponent));
}

std::size_t CostOfKeyInfo(ByteSpan key_info) {
  DerReader fields(key_info);
  const auto algorithm = fields.Take(kDerSequence);
  const auto bits = fields.Take(kBits);
  if (!algorithm || !bits) return 0;
  DerReader parts(*algorithm);
  const auto oid = parts.Take(kDerObject);
  if (!oid) return 0;
  if (std::ranges::equal(oid->first(std::min(oid->size(), kRsaArc.size())), kRsaArc))
    return CostOfRsaBits(*bits);
  if (!std::ranges::equal(*oid, kEcKey)) return kCostOfFastKey;
  const auto curve = parts.Take(kDerObject);
  if (!curve) return 0;  // Spelled out: not used.
  if (std::ranges::equal(*curve, kP256)) return kCostOfFastKey;
  // A compressed point has half of the bytes; 521 bits are the most that any curve of ours has.
  const std::size_t size = bits->size() < 2 ? 0 : bits->size() - 2;  // Unused bits and form.
  const bool compressed = size > 0 && (*bits)[1] != 0x04;
  return CostOfEcKey(std::min<std::size_t>(521, (compressed ? size : size / 2) * 8));
}

// RFC 5280, 4.1: a certificate is told from other sequences by its first fields.
std::optional<SeenCertificate> AsCertificate(const Element& element) {
  if (element.tag != kDerSequence) return std::nullopt;
  const auto to_be_signed = DerReader(element.content).Take(kDerSequence);
  if (!to_be_signed) return std::nullopt;
  DerReader fields(*to_be_signed);
  fields.Take(kVersion);
  if (!fields.Take(kDerInteger) || !fields.Take(kDerSequence)) return std::nullopt;
  const auto issuer = fields.Take(kDerSequence);
  const auto validity = fields.Take(kDerSequence);
  const auto subject = fields.Take(kDerSequence);
  const auto key_info = fields.Take(kDerSequence);
  if (!issuer || !validity || !subject || !key_info) return std::nullopt;
  return SeenCertificate{DigestOf(element.encoded), Comparable(*subject), Comparable(*issuer),
                         DigestOf(*key_info), CostOfKeyInfo(*key_info)};
}

void Find(ByteSpan der, int depth, std::size_t max, std::vector<SeenCertificate>& found) {
  while (found.size() < max) {
    const auto element = TakeAny(der);
    if (!element) return;
    if (auto certificate = AsCertificate(*element)) {
      found.push_back(std::move(*certificate));
      continue;
    }
    // What an OCSP response holds stands in an octet string.
    const bool deeper = (element->tag & kConstructed) != 0 || element->tag == kDerOctets;
    if (deeper && depth > 0) Find(element->content, depth - 1, max, found);
  }
}

// The most certificates that have something in common: so many may have to be tried.
std::size_t MostAlike(const std::vector<SeenCertificate>& certificates,
                      base::Bytes SeenCertificate::*what) {
  std::map<base::Bytes, std::set<base::Bytes>> groups;
  std::size_t most = 1;
  for (const SeenCertificate& certificate : certificates) {
    auto& group = groups[certificate.*what];
    group.insert(certificate.id);
    most = std::max(most, group.size());
  }
  return most;
}

}  // namespace

std::vector<SeenCertificate> FindCertificates(ByteSpan der, std::size_t max) {
  std::vector<SeenCertificate> found;
  Find(der, kMaxDepth, max, found);
  return found;
}

namespace {

// Elements of the longest SEQUENCE in `fields`; nullopt when one of them cannot be walked over.
std::optional<std::size_t> LongestSequence(ByteSpan fields) {
  std::size_t most = 0;
  while (const auto field = TakeAny(fields)) {
    if (field->tag != kDerSequence) continue;
    std::size_t count = 0;
    ByteSpan items = field->content;
    while (const auto item = TakeAny(items)) ++count;
    if (!items.empty()) return std::nullopt;
    most = std::max(most, count);
  }
  return fields.empty() ? std::optional(most) : std::nullopt;
}

// ResponseData of RFC 6960, 4.2.1.
std::optional<ByteSpan> ResponseDataIn(ByteSpan der) {
  constexpr std::uint8_t kEnumerated = 0x0A;
  constexpr std::uint8_t kResponseBytes = 0xA0;
  const auto response = DerReader(der).Take(kDerSequence);
  if (!response) return std::nullopt;
  DerReader fields(*response);
  if (!fields.Take(kEnumerated)) return std::nullopt;
  const auto bytes = fields.Take(kResponseBytes);
  const auto typed = bytes ? DerReader(*bytes).Take(kDerSequence) : std::nullopt;
  if (!typed) return std::nullopt;
  DerReader inside(*typed);
  if (!inside.Take(kDerObject)) return std::nullopt;
  const auto octets = inside.Take(kDerOctets);
  const auto basic = octets ? DerReader(*octets).Take(kDerSequence) : std::nullopt;
  return basic ? DerReader(*basic).Take(kDerSequence) : std::nullopt;
}

}  // namespace

std::size_t CountCrlEntries(ByteSpan der) {
  constexpr std::size_t kShortest = 20;  // A number and a UTCTime.
  const auto list = DerReader(der).Take(kDerSequence);
  const auto to_be_signed = list ? DerReader(*list).Take(kDerSequence) : std::nullopt;
  const auto count = to_be_signed ? LongestSequence(*to_be_signed) : std::nullopt;
  return count.value_or(der.size() / kShortest);
}

std::size_t CountOcspAnswers(ByteSpan der) {
  constexpr std::size_t kShortest = 32;  // A CertID of empty hashes, a state, a GeneralizedTime.
  const auto data = ResponseDataIn(der);
  const auto count = data ? LongestSequence(*data) : std::nullopt;
  return count.value_or(der.size() / kShortest);
}

std::size_t CountTokens(ByteSpan der) {
  std::size_t count = 0;
  for (auto at = der.begin();; ++count) {
    at = std::search(at, der.end(), kSignedData.begin(), kSignedData.end());
    if (at == der.end()) return count;
    ++at;
  }
}

void KeyWork::Add(const KeyMaterial& material) {
  std::size_t dearest = material.certificates.empty() ? kCostOfAnchor : 0;
  for (const SeenCertificate& certificate : material.certificates) {
    dearest = std::max(dearest, certificate.cost);
    if (!known_.insert(certificate.id).second) continue;
    by_subject_[certificate.subject] += certificate.cost;
    by_issuer_[certificate.issuer] += 1;
  }
  const std::size_t alike =
      std::min(OcspResponse::kMaxSigners,
               std::max(MostAlike(material.certificates, &SeenCertificate::subject),
                        MostAlike(material.certificates, &SeenCertificate::key)));
  direct_ += dearest * (material.signatures + material.tokens +
                        alike * (material.responses + material.lists)) +
             kCostOfToken * material.tokens + kCostOfResponse * material.responses;
  const std::size_t leaves = material.signatures + material.tokens + material.responses;
  searches_ += leaves * PathBuilder::kMaxChecks * dearest;
}

std::size_t KeyWork::CostOfPaths() const {
  std::size_t links = 0;
  for (const auto& [issuer, certificates] : by_issuer_) {
    const auto found = by_subject_.find(issuer);
    links += certificates * (found == by_subject_.end() ? kCostOfAnchor : found->second);
  }
  return std::min(links, searches_);
}

}  // namespace signing
