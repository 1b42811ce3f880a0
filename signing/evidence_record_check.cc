#include "signing/evidence_record_check.h"

#include <algorithm>

namespace signing {
namespace {

// Looking one up in a list, in the units of the budget.
constexpr std::size_t kCostOfObject = 8;

struct LessBytes {
  bool operator()(base::ByteSpan a, base::ByteSpan b) const {
    return std::ranges::lexicographical_compare(a, b);
  }
};

// RFC 4998, 4.3, step 3: the hash values of a list are joined in binary ascending order and
// hashed; a list of one is that one, unhashed. Real records hold lists that
// are not in order, so the order is made here. The lists come out sorted.
base::Bytes RootOf(std::vector<std::vector<base::ByteSpan>>& tree,
                   const DigestAlgorithm& algorithm) {
  base::Bytes below;
  for (std::vector<base::ByteSpan>& list : tree) {
    std::ranges::sort(list, LessBytes());
    if (list.size() == 1 && below.empty()) {
      below.assign(list[0].begin(), list[0].end());
      continue;
    }
    Hasher hasher(algorithm);
    bool placed = below.empty();
    for (const base::ByteSpan hash : list) {
      if (!placed && LessBytes()(below, hash)) {
        hasher.Update(below);
        placed = true;
      }
      hasher.Update(hash);
    }
    if (!placed) hasher.Update(below);
    below = std::move(hasher).Finish();
  }
  return below;
}

class Checker {
 public:
  Checker(const EvidenceRecord& record, std::vector<EvidenceObject>& objects, WorkBudget& budget)
      : record_(record), objects_(objects), budget_(budget) {}

  base::Result<EvidenceRecordFacts> Check() && {
    facts_.format = EvidenceFormat::kRfc4998;
    for (const EvidenceObject& object : objects_)
      facts_.objects.push_back({object.name(), EvidenceCoverage::kUnknown});
    for (std::size_t chain = 0; chain < record_.chains.size(); ++chain)
      for (std::size_t at = 0; at < record_.chains[chain].timestamps.size(); ++at)
        RETURN_IF_ERROR(CheckOne(chain, at));
    CheckRenewals();
    facts_.outcome = Conclude();
    return std::move(facts_);
  }

 private:
  base::Status CheckOne(std::size_t chain, std::size_t at) {
    ArchiveTimestamp timestamp = record_.chains[chain].timestamps[at];
    ArchiveTimestampFact fact;
    fact.chain = chain;
    fact.position = at;
    RETURN_IF_ERROR(budget_.Spend(kCostOfToken));
    fact.der.assign(timestamp.token.begin(), timestamp.token.end());
    auto token = ParseTimestampToken(timestamp.token, {});
    if (token.ok()) fact.token = std::move(token).value();
    // RFC 4998, 4.1: without digestAlgorithm, that of the token's imprint is meant.
    const DigestAlgorithm* algorithm = timestamp.algorithm;
    if (!timestamp.algorithm_stated && fact.token) algorithm = fact.token->imprint_algorithm;
    if (algorithm != nullptr) fact.algorithm = algorithm->name;
    if (at == 0) chain_algorithm_ = algorithm;
    fact.same_algorithm = algorithm == chain_algorithm_;
    fact.in_order = fact.token && (!latest_ || *latest_ <= fact.token->time);
    if (fact.token) latest_ = fact.token->time;
    if (fact.token && algorithm != nullptr) {
      RETURN_IF_ERROR(CheckTree(timestamp, *algorithm, fact));
      RETURN_IF_ERROR(CheckLink(timestamp, *algorithm, fact));
    }
    previous_ = timestamp.token;
    facts_.timestamps.push_back(std::move(fact));
    return base::Ok();
  }

  base::Status CheckTree(ArchiveTimestamp& timestamp, const DigestAlgorithm& algorithm,
                         ArchiveTimestampFact& fact) {
    std::size_t hashes = 0;
    bool sizes_fit = true;
    for (const auto& list : timestamp.tree)
      for (const base::ByteSpan hash : list) {
        ++hashes;
        sizes_fit = sizes_fit && hash.size() == algorithm.size;
      }
    RETURN_IF_ERROR(budget_.Spend(CostOfBytes(hashes * algorithm.size) + hashes));
    const bool same = fact.token->imprint_algorithm == &algorithm;
    // Hash values of another size could be cut elsewhere and mean something else.
    if (!same || !sizes_fit) {
      fact.imprint_ok = false;
      return base::Ok();
    }
    // Without a tree the imprint is the one hash value of the first list.
    if (timestamp.tree.empty()) {
      timestamp.tree.push_back({base::ByteSpan(fact.token->imprint)});
      return base::Ok();
    }
    fact.imprint_ok = fact.token->ImprintIs(RootOf(timestamp.tree, algorithm));
    return base::Ok();
  }

  base::Status CheckLink(const ArchiveTimestamp& timestamp, const DigestAlgorithm& algorithm,
                         ArchiveTimestampFact& fact) {
    if (timestamp.tree.empty()) return base::Ok();  // Its imprint is already wrong.
    const std::vector<base::ByteSpan>& first = timestamp.tree.front();
    if (fact.position > 0) {
      // RFC 4998, 5.2: a time-stamp renewal covers the timeStamp field of the one before.
      RETURN_IF_ERROR(budget_.Spend(CostOfBytes(previous_.size())));
      fact.link_ok = Holds(first, HashOf(algorithm, previous_));
    } else {
      RETURN_IF_ERROR(CheckObjects(first, algorithm, fact));
    }
    const bool bare = record_.chains[fact.chain].timestamps[fact.position].tree.empty();
    if (bare && !fact.imprint_ok) fact.imprint_ok = fact.link_ok;
    return base::Ok();
  }

  base::Status CheckObjects(const std::vector<base::ByteSpan>& first,
                            const DigestAlgorithm& algorithm, ArchiveTimestampFact& fact) {
    RETURN_IF_ERROR(budget_.Spend(kCostOfObject * objects_.size()));
    base::Bytes earlier;
    if (fact.chain > 0) {
      ASSIGN_OR_RETURN(earlier, HashOfChains(fact.chain, algorithm));
    }
    std::vector<base::Bytes> covered;
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      EvidenceCoverage& coverage = facts_.objects[i].coverage;
      if (fact.chain > 0 && coverage != EvidenceCoverage::kCovered) continue;
      ASSIGN_OR_RETURN(auto digest, objects_[i].DigestBy(algorithm));
      if (!digest) {
        coverage = EvidenceCoverage::kUnknown;
        continue;
      }
      base::Bytes value = *std::move(digest);
      if (fact.chain > 0) {
        // RFC 4998, 5.2: h(i)' = H(h(i) + ha(i)), in this order and not in the binary one:
        // no record of others needs that.
        base::Append(earlier, value);
        value = HashOf(algorithm, value);
      }
      if (Holds(first, value)) {
        coverage = EvidenceCoverage::kCovered;
        covered.push_back(std::move(value));
        fact.link_ok = true;
        continue;
      }
      coverage = fact.chain > 0 ? EvidenceCoverage::kNotRenewed : EvidenceCoverage::kAbsent;
      if (fact.chain > 0 && !fact.link_ok) fact.link_ok = false;
    }
    if (fact.chain == 0) CountOthers(first, covered);
    return base::Ok();
  }

  base::Result<base::Bytes> HashOfChains(std::size_t count, const DigestAlgorithm& algorithm) {
    Hasher hasher(algorithm);
    hasher.Update(HeaderOfChains(record_, count));
    std::size_t size = 0;
    for (std::size_t i = 0; i < count; ++i) size += record_.chains[i].encoded.size();
    RETURN_IF_ERROR(budget_.Spend(CostOfBytes(size)));
    for (std::size_t i = 0; i < count; ++i) hasher.Update(record_.chains[i].encoded);
    return std::move(hasher).Finish();
  }

  void CountOthers(const std::vector<base::ByteSpan>& first, std::vector<base::Bytes>& covered) {
    std::ranges::sort(covered);
    facts_.others = static_cast<std::size_t>(std::ranges::count_if(first, [&](base::ByteSpan hash) {
      return !std::ranges::binary_search(covered, base::Bytes(hash.begin(), hash.end()));
    }));
  }

  static bool Holds(const std::vector<base::ByteSpan>& sorted, base::ByteSpan hash) {
    return std::ranges::binary_search(sorted, hash, LessBytes());
  }

  // RFC 4998, 5.3: each archive time-stamp has to be valid at the time of the next one.
  void CheckRenewals() {
    for (std::size_t i = 0; i + 1 < facts_.timestamps.size(); ++i) {
      ArchiveTimestampFact& fact = facts_.timestamps[i];
      const ArchiveTimestampFact& next = facts_.timestamps[i + 1];
      if (!fact.token || !fact.token->signer || !next.token) continue;
      const auto until = fact.token->signer->NotAfter();
      fact.renewed_in_time = until && next.token->time <= *until;
    }
  }

  EvidenceOutcome Conclude() const {
    const auto any = [&](EvidenceCoverage coverage) {
      return std::ranges::find(facts_.objects, coverage, &EvidenceObjectFact::coverage) !=
             facts_.objects.end();
    };
    if (!std::ranges::all_of(facts_.timestamps, &ArchiveTimestampFact::ok))
      return EvidenceOutcome::kBroken;
    if (any(EvidenceCoverage::kNotRenewed)) return EvidenceOutcome::kBroken;
    const bool open = std::ranges::any_of(facts_.timestamps, [](const ArchiveTimestampFact& fact) {
      return fact.algorithm.empty() || !fact.token->signer;
    });
    if (open) return EvidenceOutcome::kIndeterminate;
    if (any(EvidenceCoverage::kCovered)) return EvidenceOutcome::kIntact;
    return any(EvidenceCoverage::kAbsent) ? EvidenceOutcome::kNotCovered
                                          : EvidenceOutcome::kIndeterminate;
  }

  const EvidenceRecord& record_;
  std::vector<EvidenceObject>& objects_;
  WorkBudget& budget_;
  EvidenceRecordFacts facts_;
  const DigestAlgorithm* chain_algorithm_ = nullptr;
  std::optional<base::Time> latest_;
  base::ByteSpan previous_;  // The token before the one at hand.
};

}  // namespace

EvidenceObject::Digest EvidenceObject::DigestBy(const DigestAlgorithm& algorithm) {
  const auto known = known_.find(algorithm.name);
  if (known != known_.end()) return known->second;
  ASSIGN_OR_RETURN(std::optional<base::Bytes> digest, digest_of_(algorithm));
  return known_.emplace(algorithm.name, std::move(digest)).first->second;
}

EvidenceObject EvidenceObjectOf(std::string name, base::ByteSpan bytes,
                                std::shared_ptr<WorkBudget> budget) {
  return {std::move(name),
          [bytes, budget](const DigestAlgorithm& algorithm) -> EvidenceObject::Digest {
            RETURN_IF_ERROR(budget->Spend(CostOfBytes(bytes.size())));
            return std::optional<base::Bytes>(HashOf(algorithm, bytes));
          }};
}

EvidenceFormat RecognizeEvidenceRecord(base::ByteSpan bytes) {
  std::string_view text = base::AsText(bytes).substr(0, 1024);
  if (text.starts_with('\x30')) return EvidenceFormat::kRfc4998;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start != std::string_view::npos && text[start] == '<') return EvidenceFormat::kRfc6283;
  return EvidenceFormat::kUnknown;
}

bool EvidenceRecordFacts::Covers(std::string_view name) const {
  return std::ranges::any_of(objects, [&](const EvidenceObjectFact& object) {
    return object.name == name && object.coverage == EvidenceCoverage::kCovered;
  });
}

base::Result<EvidenceRecordFacts> CheckEvidenceRecord(base::ByteSpan bytes,
                                                      std::vector<EvidenceObject>& objects,
                                                      WorkBudget& budget) {
  EvidenceRecordFacts facts;
  facts.format = RecognizeEvidenceRecord(bytes);
  if (facts.format == EvidenceFormat::kRfc6283) return facts;
  RETURN_IF_ERROR(budget.Spend(CostOfBytes(bytes.size())));
  const auto record = DecodeEvidenceRecord(bytes);
  if (record.ok()) return Checker(record.value(), objects, budget).Check();
  facts.outcome = EvidenceOutcome::kRefused;
  facts.error = record.error();
  return facts;
}

}  // namespace signing
