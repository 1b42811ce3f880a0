// EvidenceRecordJudge: the engine's verdict on an evidence record for itself.
#pragma once

#include <string_view>
#include <vector>

#include "base/clock.h"
#include "signing/engine.h"
#include "signing/evidence_record_check.h"
#include "signing/policy.h"
#include "signing/trust_snapshot.h"

namespace signing {

struct EvidenceJudgement {
  Conclusion conclusion;  // EN 319 102-1, 5.6.
  // One for each of EvidenceRecordFacts::timestamps.
  std::vector<bool> timestamp_trusted;
  std::vector<std::string_view> timestamp_qualifications;
};

// Borrows all for its life.
struct EvidenceRecordJudge {
  const TrustSnapshot& trust;
  const Policy& policy;
  base::Time at;

  EvidenceJudgement Judge(const EvidenceRecordFacts& record) const;
};

}  // namespace signing
