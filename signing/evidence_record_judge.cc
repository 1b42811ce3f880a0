#include "signing/evidence_record_judge.h"

#include "signing/facts_builder.h"
#include "signing/qualification.h"

namespace signing {
namespace {

TimestampQualification QualificationOf(const std::optional<TimestampToken>& token,
                                       PathBuilder& paths) {
  if (!token || !token->signer || !token->signature_ok)
    return TimestampQualification::kNotApplicable;
  return QualifyTimestamp(
      paths.Build({*token->signer, PathPurpose::kTimestamp, token->time, token->certificates}),
      token->time);
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
    judgement.timestamp_trusted.push_back(
        verdicts.timestamps[entry.timestamps[i]].archival.passed());
    judgement.timestamp_qualifications.push_back(
        QualificationName(QualificationOf(record.timestamps[i].token, paths)));
  }
  return judgement;
}

}  // namespace signing
