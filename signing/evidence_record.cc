#include "signing/evidence_record.h"

#include "signing/der_reader.h"

namespace signing {
namespace {

using base::Error;
using base::ErrorCode;

// Context tags: constructed, implicit (RFC 4998, appendix A, is an implicit-tags module).
constexpr std::uint8_t kContext0 = 0xA0;
constexpr std::uint8_t kContext1 = 0xA1;
constexpr std::uint8_t kContext2 = 0xA2;

Error Malformed(const char* what) {
  return {ErrorCode::kInvalidInput, "evidence-record.malformed", what};
}
Error TooLarge(const char* what) {
  return {ErrorCode::kInvalidInput, "evidence-record.too-large", what};
}

// The content of an AlgorithmIdentifier. Hash algorithms have no parameters, or NULL.
base::Status ReadAlgorithm(base::ByteSpan content, const DigestAlgorithm*& algorithm) {
  DerReader fields(content);
  const auto oid = fields.TakeShortest(kDerObject);
  if (!oid || oid->content.empty()) return Malformed("an algorithm without identifier");
  if (!fields.empty()) {
    const auto null = fields.TakeShortest(kDerNull);
    if (!null || !null->content.empty() || !fields.empty())
      return Malformed("a hash algorithm with parameters");
  }
  algorithm = FindDigestByOid(oid->content);
  return base::Ok();
}

class Decoder {
 public:
  base::Result<EvidenceRecord> Decode(base::ByteSpan der) {
    DerReader outer(der);
    const auto sequence = outer.TakeShortest(kDerSequence);
    if (!sequence || !outer.empty()) return Malformed("not one SEQUENCE");
    DerReader fields(sequence->content);
    RETURN_IF_ERROR(ReadVersion(fields));
    RETURN_IF_ERROR(ReadAlgorithms(fields));
    for (const std::uint8_t tag : {kContext0, kContext1})
      if (fields.PeekTag() == tag && !fields.TakeShortest(tag))
        return Malformed("a field with a bad length");
    const auto chains = fields.TakeShortest(kDerSequence);
    if (!chains || !fields.empty()) return Malformed("no ArchiveTimeStampSequence at its end");
    EvidenceRecord record;
    DerReader list(chains->content);
    while (!list.empty()) {
      if (record.chains.size() >= kMaxEvidenceChains) return TooLarge("its chains");
      ASSIGN_OR_RETURN(ArchiveTimestampChain chain, ReadChain(list));
      record.chains.push_back(std::move(chain));
    }
    if (record.chains.empty()) return Malformed("no ArchiveTimeStampChain");
    return record;
  }

 private:
  static base::Status ReadVersion(DerReader& fields) {
    const auto version = fields.TakeShortest(kDerInteger);
    if (!version || version->content.size() != 1 || version->content[0] != 1)
      return Malformed("not version 1");
    return base::Ok();
  }

  // digestAlgorithms names what the archive time-stamps use; each of them says so again.
  static base::Status ReadAlgorithms(DerReader& fields) {
    const auto algorithms = fields.TakeShortest(kDerSequence);
    if (!algorithms || algorithms->content.empty()) return Malformed("no digestAlgorithms");
    DerReader list(algorithms->content);
    while (!list.empty()) {
      const auto one = list.TakeShortest(kDerSequence);
      const DigestAlgorithm* ignored = nullptr;
      if (!one) return Malformed("digestAlgorithms");
      RETURN_IF_ERROR(ReadAlgorithm(one->content, ignored));
    }
    return base::Ok();
  }

  base::Result<ArchiveTimestampChain> ReadChain(DerReader& list) {
    const auto element = list.TakeShortest(kDerSequence);
    if (!element) return Malformed("an ArchiveTimeStampChain");
    ArchiveTimestampChain chain;
    chain.encoded = element->encoded;
    DerReader inside(element->content);
    while (!inside.empty()) {
      if (++timestamps_ > kMaxArchiveTimestamps) return TooLarge("its archive time-stamps");
      const auto one = inside.TakeShortest(kDerSequence);
      if (!one) return Malformed("an ArchiveTimeStamp");
      ASSIGN_OR_RETURN(ArchiveTimestamp timestamp, ReadTimestamp(one->content));
      chain.timestamps.push_back(std::move(timestamp));
    }
    if (chain.timestamps.empty()) return Malformed("an empty ArchiveTimeStampChain");
    return chain;
  }

  base::Result<ArchiveTimestamp> ReadTimestamp(base::ByteSpan content) {
    ArchiveTimestamp timestamp;
    DerReader fields(content);
    if (fields.PeekTag() == kContext0) {
      const auto algorithm = fields.TakeShortest(kContext0);
      if (!algorithm) return Malformed("digestAlgorithm");
      RETURN_IF_ERROR(ReadAlgorithm(algorithm->content, timestamp.algorithm));
      timestamp.algorithm_stated = true;
    }
    if (fields.PeekTag() == kContext1 && !fields.TakeShortest(kContext1))
      return Malformed("attributes");
    if (fields.PeekTag() == kContext2) RETURN_IF_ERROR(ReadTree(fields, timestamp));
    const auto token = fields.TakeShortest(kDerSequence);
    if (!token || !fields.empty()) return Malformed("no timeStamp at the end");
    timestamp.token = token->encoded;
    return timestamp;
  }

  base::Status ReadTree(DerReader& fields, ArchiveTimestamp& timestamp) {
    const auto tree = fields.TakeShortest(kContext2);
    if (!tree || tree->content.empty()) return Malformed("reducedHashtree");
    DerReader lists(tree->content);
    while (!lists.empty()) {
      if (timestamp.tree.size() >= kMaxEvidenceTreeDepth) return TooLarge("a hash tree's depth");
      const auto list = lists.TakeShortest(kDerSequence);
      if (!list || list->content.empty()) return Malformed("a partialHashtree");
      std::vector<base::ByteSpan>& hashes = timestamp.tree.emplace_back();
      DerReader octets(list->content);
      while (!octets.empty()) {
        if (++hashes_ > kMaxEvidenceHashes) return TooLarge("its hash values");
        const auto hash = octets.TakeShortest(kDerOctets);
        if (!hash) return Malformed("a hash value");
        hashes.push_back(hash->content);
      }
    }
    return base::Ok();
  }

  std::size_t timestamps_ = 0;
  std::size_t hashes_ = 0;
};

}  // namespace

base::Result<EvidenceRecord> DecodeEvidenceRecord(base::ByteSpan der) {
  if (der.size() > kMaxEvidenceRecord) return TooLarge("its bytes");
  return Decoder().Decode(der);
}

base::Bytes HeaderOfChains(const EvidenceRecord& record, std::size_t count) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < count; ++i) size += record.chains[i].encoded.size();
  base::Bytes header{kDerSequence};
  if (size < 0x80) {
    header.push_back(static_cast<std::uint8_t>(size));
    return header;
  }
  std::uint8_t octets = 0;
  for (std::size_t rest = size; rest != 0; rest >>= 8U) ++octets;
  header.push_back(static_cast<std::uint8_t>(0x80U | octets));
  for (std::size_t i = octets; i-- > 0;)
    header.push_back(static_cast<std::uint8_t>(size >> (8U * i)));
  return header;
}

}  // namespace signing
