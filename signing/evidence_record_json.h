// The entries of "evidenceRecords" in the report (docs/evidence_records.md).
#pragma once

#include "base/error_text.h"
#include "base/json.h"
#include "signing/evidence_record_check.h"
#include "signing/evidence_record_judge.h"

namespace signing {

base::Json EvidenceRecordToJson(const EvidenceRecordFacts& facts,
                                const EvidenceJudgement& judgement, base::Language language);

}  // namespace signing
