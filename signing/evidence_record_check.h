// Evidence record check: what one RFC 4998 record proves about the data objects at hand.
//
// Facts without policy or trust: digests, hash trees, imprints, order. Whether a time-stamp's
// authority is to be believed is the engine's question (engine_evidence_record.h).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "signing/evidence_record.h"
#include "signing/timestamp_token.h"
#include "signing/work_budget.h"

namespace signing {

// Something that a record may be about. Its digests are asked for once an algorithm.
class EvidenceObject {
 public:
  // nullopt: only its digest by another algorithm is known. Fails when the data cannot be read.
  using Digest = base::Result<std::optional<base::Bytes>>;
  using DigestOf = std::function<Digest(const DigestAlgorithm&)>;

  EvidenceObject(std::string name, DigestOf digest_of)
      : name_(std::move(name)), digest_of_(std::move(digest_of)) {}

  const std::string& name() const { return name_; }
  Digest DigestBy(const DigestAlgorithm& algorithm);

 private:
  std::string name_;
  DigestOf digest_of_;
  std::map<std::string_view, std::optional<base::Bytes>> known_;
};

// Borrows the bytes for its life; hashing them is at the expense of `budget`.
EvidenceObject EvidenceObjectOf(std::string name, base::ByteSpan bytes,
                                std::shared_ptr<WorkBudget> budget);

enum class EvidenceFormat { kRfc4998, kRfc6283, kUnknown };
// By its first bytes: RFC 4998 is DER, RFC 6283 is XML.
EvidenceFormat RecognizeEvidenceRecord(base::ByteSpan bytes);

enum class EvidenceSource { kContainer, kBeside, kEmbedded };

enum class EvidenceOutcome {
  kIntact,         // An object at hand is in it, and every digest, imprint and step is right.
  kBroken,         // Some digest, imprint or step is wrong.
  kNotCovered,     // None of the objects at hand is in it.
  kIndeterminate,  // What it is about is not at hand, or an algorithm is not on our list.
  kRefused,        // Not readable as an evidence record; `error` says why.
  kNotEvaluated,   // Recognised by its format only.
};

enum class EvidenceCoverage {
  kCovered,     // In the first list of the first archive time-stamp of every chain.
  kAbsent,      // Not in that of the first chain.
  kNotRenewed,  // In that of the first chain, and not in that of a later one.
  kUnknown,     // Its digest by an algorithm of the record is not known.
  kDiffers,     // A manifest beside the record states another digest.
};

struct EvidenceObjectFact {
  std::string name;
  EvidenceCoverage coverage = EvidenceCoverage::kUnknown;
};

struct ArchiveTimestampFact {
  std::size_t chain = 0;  // Both from zero.
  std::size_t position = 0;
  std::string algorithm;                // Of the hash tree; empty: not on our list.
  base::Bytes der;                      // Of the token, as it stands in the record.
  std::optional<TimestampToken> token;  // nullopt: unreadable.
  std::optional<bool> imprint_ok;       // The tree leads to it; nullopt: not checked.
  // It covers what it has to: a data object, in a chain the time-stamp before it, in a later
  // chain object and all earlier chains together. nullopt: no object at hand tells.
  std::optional<bool> link_ok;
  bool in_order = false;                // Not older than the one before it.
  bool same_algorithm = false;          // As the first of its chain (RFC 4998, 5.3).
  std::optional<bool> renewed_in_time;  // The next one came while its signer was valid.

  bool ok() const {
    return token && imprint_ok.value_or(true) && link_ok.value_or(true) && in_order &&
           same_algorithm && (!token->signer || token->signature_ok);
  }
};

struct EvidenceRecordFacts {
  std::string file;  // As the container or the user names it; that of the signature if embedded.
  EvidenceSource source = EvidenceSource::kBeside;
  EvidenceFormat format = EvidenceFormat::kUnknown;
  EvidenceOutcome outcome = EvidenceOutcome::kNotEvaluated;
  std::optional<base::Error> error;
  std::vector<EvidenceObjectFact> objects;
  // Hash values in the first list that belong to no object at hand: other members of the group,
  // or neighbours in the tree. RFC 4998 does not tell these apart.
  std::size_t others = 0;
  std::vector<ArchiveTimestampFact> timestamps;  // The oldest first.

  bool Covers(std::string_view name) const;
};

// RFC 4998, 4.3 and 5.3, for each object. Sets everything but `file` and `source`.
//
// Fails only where the document must be refused: "xml.too-costly", and what reading an object
// gives. A bad record is a fact.
base::Result<EvidenceRecordFacts> CheckEvidenceRecord(base::ByteSpan bytes,
                                                      std::vector<EvidenceObject>& objects,
                                                      WorkBudget& budget);

}  // namespace signing
