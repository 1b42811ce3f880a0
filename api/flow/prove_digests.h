// ProveDigests: one time-stamp for many documents, and an evidence record for each (RFC 4998).
#pragma once

#include <vector>

#include "api/flow/evidence_desk.h"
#include "base/digest.h"
#include "base/result.h"
#include "signing/evidence_record_writer.h"

namespace api {

// Thread-safe if its parts are. Borrows them; they must outlive it.
class ProveDigests {
 public:
  explicit ProveDigests(EvidenceDesk& desk) : desk_(desk) {}

  // DER of the record of each, in their order. The documents are not seen: a record proves that
  // what has that digest existed then.
  //
  // Errors: those of EvidenceDesk::Timestamp(), and kInvalidInput "digests.malformed" for none or
  // more than EvidenceTree::kMostLeaves.
  base::Result<std::vector<base::Bytes>> Run(const std::vector<base::Sha256Digest>& digests) const;

 private:
  EvidenceDesk& desk_;
};

}  // namespace api
