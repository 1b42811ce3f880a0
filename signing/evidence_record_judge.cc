#include "signing/evidence_record_judge.h"

#include "signing/facts_builder.h"
#include "signing/qualification.h"

namespace signing {
namespace {

TimestampQualification QualificationOf(const std::optional<TimestampToken>& token,
                                       base::Time proven_by, PathBuilder& paths) {
  if (!token || !token->signer || !token->signature_ok)
    return TimestampQualification::kNotApplicable;
  return QualifyTimestamp(
      paths.Build({*token->signer, PathPurpose::kTimestamp, token->time, token->certificates}),
      {token->time, proven_by});
}

}  // namespace

EvidenceJudgement EvidenceRecordJudge::Judge(const EvidenceRecordFacts& record) const {
  facts::Document document;
  FactsBuilder(trust, at).AddRecords({&record}, document);
  Verdicts verdicts = JudgeDocument(document, policy, at);
  const auto& [id, entry] = *document.evidence_records.begin();
  EvidenceJudgement judgement;
  judgement.conclusion = verdicts.evidence_records[id];
  PathBuilder paths(trust);
  for (std::size_t i = 0; i < record.timestamps.size(); ++i) {
    const TimestampVerdict& verdict = verdicts.timestamps[entry.timestamps[i]];
    judgement.timestamp_trusted.push_back(verdict.archival.passed());
    judgement.timestamp_qualifications.push_back(
        QualificationName(QualificationOf(record.timestamps[i].token, verdict.proven_by, paths)));
  }
  return judgement;
}

}  // namespace signing
