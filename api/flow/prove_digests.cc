#include "api/flow/prove_digests.h"

namespace api {

base::Result<std::vector<base::Bytes>> ProveDigests::Run(
    const std::vector<base::Sha256Digest>& digests) const {
  if (digests.empty() || digests.size() > signing::EvidenceTree::kMostLeaves)
    return base::Error{base::ErrorCode::kInvalidInput, "digests.malformed",
                       std::to_string(digests.size()) + " digests"};
  const signing::EvidenceTree tree(digests);
  // The answer was opened in an inspector: its imprint is this root and its signature good.
  ASSIGN_OR_RETURN(const signing::TimestampAnswer stamp, desk_.Timestamp(tree.root()));
  std::vector<base::Bytes> records;
  for (std::size_t i = 0; i < digests.size(); ++i)
    records.push_back(tree.RecordFor(i, stamp.token));
  return records;
}

}  // namespace api
