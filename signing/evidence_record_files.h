// Which evidence records come with a document, and what each of them may be about.
#pragma once

#include <memory>
#include <vector>

#include "signing/container.h"
#include "signing/evidence_record_check.h"
#include "signing/verifier.h"
#include "signing/work_budget.h"
#include "signing/xades.h"

namespace signing {

// The whole document as the object of a record beside it. A file in it cannot have this name.
inline constexpr std::string_view kWholeDocument = "/";

// The records inside a container. Objects are the files that its ASiCEvidenceRecordManifest
// names; without one, all data and signature files: the record itself says which it covers.
//
// Errors: as CheckEvidenceRecord(); kInvalidInput "evidence-record.too-many".
base::Result<std::vector<EvidenceRecordFacts>> CheckContainerRecords(
    AsicContainer& container, std::shared_ptr<WorkBudget> budget);

// The records that were handed in beside the document. Objects are the document as a whole and
// each detached file or digest.
base::Result<std::vector<EvidenceRecordFacts>> CheckRecordsBeside(
    const VerifyRequest& request, std::shared_ptr<WorkBudget> budget);

// Those in a signature's unsigned properties: recognised, not evaluated.
std::vector<EvidenceRecordFacts> DescribeEmbeddedRecords(const XadesProperties& properties,
                                                         const std::string& signature);

}  // namespace signing
