#include "signing/engine_evidence_record.h"

#include <algorithm>

namespace signing {
namespace {

facts::Digest DigestOf(facts::DigestKind kind, const std::string& algorithm,
                       const std::optional<bool>& ok) {
  facts::Digest digest;
  digest.kind = kind;
  digest.algorithm = algorithm;
  digest.found = ok.has_value();
  digest.intact = ok.value_or(false);
  return digest;
}

facts::Timestamp TimestampOf(const ArchiveTimestampFact& fact, const facts::Id& id,
                             const DescribeTokenSigner& describe) {
  facts::Timestamp timestamp;
  timestamp.id = id;
  timestamp.kind = facts::TimestampKind::kEvidenceRecord;
  timestamp.digests.push_back(
      DigestOf(facts::DigestKind::kImprint, fact.algorithm, fact.imprint_ok));
  timestamp.digests.push_back(DigestOf(facts::DigestKind::kData, fact.algorithm, fact.link_ok));
  if (!fact.token) return timestamp;
  timestamp.time = fact.token->time;
  if (fact.token->signer) describe(*fact.token, timestamp);
  if (fact.token->signed_with != nullptr)
    timestamp.seal.algorithm.digest = fact.token->signed_with->name;
  return timestamp;
}

bool IsWellFormed(const EvidenceRecordFacts& record) {
  return record.outcome != EvidenceOutcome::kRefused &&
         record.outcome != EvidenceOutcome::kNotEvaluated &&
         std::ranges::all_of(record.timestamps, [](const ArchiveTimestampFact& fact) {
           return fact.token && fact.in_order && fact.same_algorithm;
         });
}

// Its objects, and at least one digest that fails unless the record is intact: whatever else
// the check finds wrong, nothing is proven by it.
std::vector<facts::Digest> DigestsOf(const EvidenceRecordFacts& record) {
  std::vector<facts::Digest> digests;
  for (const EvidenceObjectFact& object : record.objects) {
    // What is not in the record is no part of it.
    if (object.coverage == EvidenceCoverage::kAbsent) continue;
    facts::Digest digest;
    digest.name = object.name;
    digest.found = object.coverage != EvidenceCoverage::kUnknown;
    digest.intact = object.coverage == EvidenceCoverage::kCovered;
    digests.push_back(std::move(digest));
  }
  if (record.outcome == EvidenceOutcome::kIntact) {
    // An object of which only another digest is known does not stand against the others.
    std::erase_if(digests, [](const facts::Digest& digest) { return !digest.found; });
    return digests;
  }
  facts::Digest open;
  open.found = record.outcome == EvidenceOutcome::kBroken;
  digests.push_back(std::move(open));
  return digests;
}

}  // namespace

std::vector<facts::Id> IdsInside(const facts::Document& document) {
  std::vector<facts::Id> inside;
  for (const facts::Signature& signature : document.signatures) inside.push_back(signature.id);
  for (const auto& [id, timestamp] : document.timestamps) inside.push_back(id);
  for (const auto& [id, certificate] : document.certificates)
    if (certificate.anchor_for.empty()) inside.push_back(id);
  for (const auto& [id, revocation] : document.revocations)
    if (revocation.from_document) inside.push_back(id);
  return inside;
}

void AddEvidenceRecord(const EvidenceRecordFacts& record, const facts::Id& id,
                       const std::vector<facts::Id>& covered, const DescribeTokenSigner& describe,
                       facts::Document& document) {
  facts::EvidenceRecord entry;
  entry.id = id;
  entry.well_formed = IsWellFormed(record);
  entry.covered = covered;
  entry.digests = DigestsOf(record);
  const facts::Timestamp* previous = nullptr;
  for (const ArchiveTimestampFact& fact : record.timestamps) {
    const facts::Id name = id + "-" + std::to_string(entry.timestamps.size() + 1);
    facts::Timestamp timestamp = TimestampOf(fact, name, describe);
    // RFC 4998, 5.2: a renewal covers the whole time-stamp before it, certificates included;
    // that one covers what is before it.
    if (previous != nullptr) {
      timestamp.covered = previous->chain;
      timestamp.covered.push_back(previous->id);
    }
    // Those of one second are told apart by what they cover.
    for (const facts::Id& earlier : entry.timestamps)
      if (document.timestamps[earlier].time == timestamp.time) timestamp.covered.push_back(earlier);
    entry.timestamps.push_back(name);
    previous = &(document.timestamps[name] = std::move(timestamp));
  }
  document.evidence_records[id] = std::move(entry);
}

}  // namespace signing
