#include "signing/engine.h"

#include <algorithm>
#include <iterator>

#include "signing/engine_blocks.h"
#include "signing/engine_case.h"
#include "signing/engine_chain.h"
#include "signing/engine_explain.h"
#include "signing/engine_past.h"
#include "signing/engine_revocation.h"

namespace signing {
namespace {

// The blocks of one object, and what they conclude together.
struct Blocks {
  std::vector<Block> parts;

  std::vector<Failure> Failures() const {
    std::vector<Failure> all;
    for (const Block& block : parts)
      all.insert(all.end(), block.failures().begin(), block.failures().end());
    // 5.3.4: what only a proof of existence could mend is looked at last.
    std::ranges::stable_partition(all, [](const Failure& failure) { return !failure.until; });
    return all;
  }
  // A block without failure that has not passed keeps the whole open.
  bool Open() const {
    return std::ranges::any_of(parts, [](const Block& block) {
      return block.failures().empty() && !block.conclusion().passed();
    });
  }
  std::vector<CheckRecord> Records() && {
    std::vector<CheckRecord> all;
    for (Block& block : parts)
      std::ranges::move(std::move(block).AllRecords(), std::back_inserter(all));
    return all;
  }
};

Conclusion Conclude(const std::vector<Failure>& failures, bool open) {
  if (failures.empty() && open) return {};
  return ConclusionOf(failures);
}

bool HasHard(const std::vector<Failure>& failures) {
  return std::ranges::any_of(failures, [](const Failure& failure) { return !failure.until; });
}

class Judge {
 public:
  Judge(const facts::Document& document, const Policy& policy, base::Time at)
      : question_{document, policy, at}, proofs_(at) {}

  Verdicts Run() && {
    JudgeTimestampsNow();
    ExtractProofs();
    for (const facts::Signature& signature : question_.document.signatures)
      verdicts_.signatures.push_back(JudgeSignature(signature));
    return std::move(verdicts_);
  }

 private:
  // 5.4: each timestamp as of now.
  void JudgeTimestampsNow() {
    for (const auto& [id, timestamp] : question_.document.timestamps) {
      Blocks blocks;
      blocks.parts.push_back(IdentifySigner(question_, Scope::kTimestamp, id, timestamp.chain,
                                            timestamp.signer_reference));
      blocks.parts.push_back(VerifyCryptographically(question_, Scope::kTimestamp, id,
                                                     timestamp.digests, timestamp.seal));
      if (timestamp.kind == facts::TimestampKind::kTimeMark) {
        blocks.parts.push_back(AcceptTimeMark(timestamp));
      } else {
        if (!timestamp.chain.empty())
          blocks.parts.push_back(
              ValidateChain(question_, Scope::kTimestamp, id, timestamp.chain, question_.at));
        blocks.parts.push_back(AcceptTimestamp(question_, timestamp, question_.at));
      }
      TimestampVerdict& verdict = verdicts_.timestamps[id];
      timestamp_failures_[id] = blocks.Failures();
      timestamp_open_[id] = blocks.Open();
      verdict.basic = Conclude(blocks.Failures(), blocks.Open());
      verdict.archival = verdict.basic;
      verdict.checks = std::move(blocks).Records();
    }
  }

  // A time-mark proves as much as the revocation data that it is: what its signer must be is
  // asked of a responder and not of a time-stamping unit.
  Block AcceptTimeMark(const facts::Timestamp& mark) {
    for (const auto& [id, certificate] : question_.document.certificates)
      for (const facts::RevocationStatus& status : certificate.revocations)
        if (status.revocation == mark.revocation)
          return AcceptRevocation(question_, certificate, status, question_.at, 0);
    return Block("RAC", mark.id, {Rule::kSignerKnown});  // Stays open.
  }

  // 5.6.3, step 4: the newest timestamp first, each proves what the older ones need.
  void ExtractProofs() {
    std::vector<const facts::Timestamp*> order;
    for (const auto& [id, timestamp] : question_.document.timestamps) order.push_back(&timestamp);
    std::ranges::sort(order, [](const facts::Timestamp* a, const facts::Timestamp* b) {
      if (a->time != b->time) return a->time > b->time;
      // What covers the other is the newer one.
      return std::ranges::find(a->covered, b->id) != a->covered.end();
    });
    for (const facts::Timestamp* timestamp : order) Extract(*timestamp);
    for (const auto& [id, record] : question_.document.evidence_records)
      verdicts_.evidence_records[id] = JudgeEvidenceRecord(record);
  }

  void Extract(const facts::Timestamp& timestamp) {
    TimestampVerdict& verdict = verdicts_.timestamps[timestamp.id];
    verdict.proven_by = proofs_.Of(timestamp.id);
    const bool is_mark = timestamp.kind == facts::TimestampKind::kTimeMark;
    if (!verdict.basic.passed() && !timestamp_open_[timestamp.id])
      verdict.archival = ConclusionOf(ValidateInThePast(
          question_, is_mark ? Scope::kRevocation : Scope::kTimestamp, timestamp.id,
          timestamp.chain, timestamp_failures_[timestamp.id], proofs_));
    if (!verdict.archival.passed() || timestamp.time > question_.at) return;
    proofs_.Add(timestamp.covered, timestamp.time);
    for (const auto& [id, record] : question_.document.evidence_records)
      if (!record.timestamps.empty() && record.timestamps.front() == timestamp.id &&
          JudgeEvidenceRecord(record).passed())
        proofs_.Add(record.covered, timestamp.time);
  }

  // RFC 4998, 5.3: the first archive timestamp proves what the record covers.
  Conclusion JudgeEvidenceRecord(const facts::EvidenceRecord& record) {
    Block block("ER", record.id, {Rule::kFormat, Rule::kDataFound, Rule::kDataIntact});
    const auto check = [&](Rule rule, bool holds, SubIndication sub) {
      block.Check(rule, question_.policy.Of(Scope::kEvidenceRecord, Part::kToken, rule).level,
                  holds, sub);
    };
    check(Rule::kFormat, record.well_formed && !record.timestamps.empty(),
          SubIndication::kFormatFailure);
    check(Rule::kDataFound, std::ranges::all_of(record.digests, &facts::Digest::found),
          SubIndication::kSignedDataNotFound);
    check(Rule::kDataIntact,
          std::ranges::all_of(
              record.digests,
              [](const facts::Digest& digest) { return !digest.found || digest.intact; }),
          SubIndication::kHashFailure);
    if (!block.failures().empty()) return block.conclusion();
    for (const std::string& id : record.timestamps) {
      const auto found = verdicts_.timestamps.find(id);
      if (found == verdicts_.timestamps.end()) return {};
      if (!found->second.archival.passed()) return found->second.archival;
    }
    return block.conclusion();
  }

  // 5.3: the signature as of now.
  Blocks JudgeNow(const facts::Signature& signature) {
    const Scope scope = ScopeOfSignature(signature);
    Blocks blocks;
    blocks.parts.reserve(7);  // These six, and the order of time-stamps.
    blocks.parts.push_back(CheckFormat(question_, scope, signature));
    blocks.parts.push_back(IdentifySigner(question_, scope, signature.id, signature.chain,
                                          signature.signer_reference));
    blocks.parts.push_back(CheckSignaturePolicy(question_, scope, signature));
    if (!signature.chain.empty())
      blocks.parts.push_back(
          ValidateChain(question_, scope, signature.id, signature.chain, question_.at));
    blocks.parts.push_back(
        VerifyCryptographically(question_, scope, signature.id, signature.digests, signature.seal));
    blocks.parts.push_back(AcceptSignature(question_, scope, signature, question_.at));
    return blocks;
  }

  // The valid timestamps of a kind that the signature holds.
  std::vector<const facts::Timestamp*> ValidTimestamps(const facts::Signature& signature,
                                                       facts::TimestampKind kind) {
    std::vector<const facts::Timestamp*> valid;
    for (const facts::Id& id : signature.timestamps) {
      const auto found = question_.document.timestamps.find(id);
      if (found == question_.document.timestamps.end() || found->second.kind != kind) continue;
      if (verdicts_.timestamps[id].basic.passed()) valid.push_back(&found->second);
    }
    return valid;
  }

  // 5.3.4, step 7: a content timestamp shows that the signature is younger than its content.
  void ApplyContentTimestamps(const facts::Signature& signature, std::vector<Failure>& failures) {
    for (const facts::Timestamp* timestamp :
         ValidTimestamps(signature, facts::TimestampKind::kContent))
      for (Failure& failure : failures)
        if (failure.until && timestamp->time > *failure.until) Harden(failure);
  }

  static void Harden(Failure& failure) {
    struct Pair {
      SubIndication soft, hard;
    };
    constexpr std::array<Pair, 4> kPairs{
        Pair{SubIndication::kRevokedNoPoe, SubIndication::kRevoked},
        Pair{SubIndication::kOutOfBoundsNoPoe, SubIndication::kExpired},
        Pair{SubIndication::kOutOfBoundsNotRevoked, SubIndication::kExpired},
        Pair{SubIndication::kCryptoConstraintsFailureNoPoe,
             SubIndication::kCryptoConstraintsFailure}};
    const auto found = std::ranges::find(kPairs, failure.sub, &Pair::soft);
    if (found == kPairs.end()) return;
    failure.sub = found->hard;
    failure.until.reset();
  }

  const facts::Certificate* SignerOf(const facts::Signature& signature) const {
    return signature.chain.empty() ? nullptr : question_.Certificate(signature.chain.front());
  }

  // 5.5.4: signed before the certificate began to be valid is wrong, not unknown.
  void CheckBeginning(const facts::Signature& signature, base::Time best,
                      std::vector<Failure>& failures) {
    const facts::Certificate* signer = SignerOf(signature);
    if (signer == nullptr || best >= signer->not_before) return;
    failures.insert(failures.begin(),
                    Failure{SubIndication::kNotYetValid, Rule::kSignedBeforeExpiry, signer->id,
                            std::nullopt, std::nullopt});
  }

  // 5.5.4: the timestamps must be in an order that can be.
  Block CheckOrder(const facts::Signature& signature) {
    Block block("LTV", signature.id, {Rule::kTimestampOrder});
    std::optional<base::Time> latest_content;
    std::optional<base::Time> earliest_after;
    for (const facts::Id& id : signature.timestamps) {
      const auto found = question_.document.timestamps.find(id);
      if (found == question_.document.timestamps.end()) continue;
      const facts::Timestamp& timestamp = found->second;
      if (!verdicts_.timestamps[id].archival.passed()) continue;
      if (timestamp.kind == facts::TimestampKind::kContent)
        latest_content = std::max(latest_content.value_or(timestamp.time), timestamp.time);
      else
        earliest_after = std::min(earliest_after.value_or(timestamp.time), timestamp.time);
    }
    const bool holds = !latest_content || !earliest_after || *latest_content <= *earliest_after;
    block.Check(
        Rule::kTimestampOrder,
        question_.policy.Of(ScopeOfSignature(signature), Part::kToken, Rule::kTimestampOrder).level,
        holds, SubIndication::kTimestampOrderFailure);
    return block;
  }

  SignatureVerdict JudgeSignature(const facts::Signature& signature) {
    Blocks blocks = JudgeNow(signature);
    const bool open = blocks.Open();
    std::vector<Failure> failures = blocks.Failures();
    ApplyContentTimestamps(signature, failures);
    SignatureVerdict verdict;
    verdict.id = signature.id;
    verdict.basic = Conclude(failures, open);

    // 5.5: only the signature's own timestamps that are valid now.
    ProofsOfExistence own(question_.at);
    for (const auto kind : {facts::TimestampKind::kSignature, facts::TimestampKind::kTimeMark})
      for (const facts::Timestamp* timestamp : ValidTimestamps(signature, kind))
        if (timestamp->time <= question_.at) own.Add(timestamp->covered, timestamp->time);
    std::vector<Failure> late = failures;
    CheckBeginning(signature, own.Of(signature.id), late);
    const Block order = CheckOrder(signature);
    late.insert(late.end(), order.failures().begin(), order.failures().end());
    late = HasHard(late) ? late : Unresolved(late, signature.id, own);
    verdict.with_time = Conclude(late, open);

    // 5.6: everything that is proven.
    std::vector<Failure> last = late;
    if (!late.empty() && !HasHard(late))
      last = ValidateInThePast(question_, ScopeOfSignature(signature), signature.id,
                               signature.chain, late, proofs_);
    CheckBeginning(signature, proofs_.Of(signature.id), last);
    verdict.archival = Conclude(last, open);
    blocks.parts.push_back(order);
    verdict.checks = std::move(blocks).Records();
    verdict.best_signature_time = proofs_.Of(signature.id);
    verdict.time_proven = verdict.best_signature_time < question_.at;
    Explain(question_, signature, failures, last, verdict);
    return verdict;
  }

  Case question_;
  ProofsOfExistence proofs_;
  std::map<std::string, std::vector<Failure>> timestamp_failures_;
  std::map<std::string, bool> timestamp_open_;
  Verdicts verdicts_;
};

}  // namespace

Verdicts JudgeDocument(const facts::Document& document, const Policy& policy, base::Time at) {
  return Judge(document, policy, at).Run();
}

}  // namespace signing
