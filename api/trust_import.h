// TrustImport: lists that the courier fetched become a snapshot of the store.
//
// The front hands in lists and nothing else: certificates, and so who may sign the lists, come
// from the configuration alone, which this process read itself. A list is kept under the name by
// which the configuration knows it only if it is what it should be.
#pragma once

#include "api/config.h"
#include "base/json.h"
#include "trust/store.h"

namespace api {

// What is read before the fork. `files` are the fetched lists, then the certificates, each a
// file of its own.
struct TrustImport {
  trust::Files files;
  std::size_t fetched = 0;  // So many of `files` are lists.
  trust::Files anchors;     // Those of `files` that are to be trusted themselves.
  std::optional<trust::Snapshot> latest;
  trust::Files latest_files;
};

// `order`: {"files":[{"name","size"}]}, `bytes` behind one another in that order.
//   kInvalidInput "trust.fetch-incomplete"  not exactly the configured lists
//   others as trust::Store and base::ReadFile()
base::Result<TrustImport> PrepareTrustImport(const TrustConfig& config, const base::Json& order,
                                             base::ByteSpan bytes);

// Inside the walls: Describe() of each, {"files","latest" (or null)}, and "leftOut": the digests of
// anchors that nobody asked for (trust/import.h). They are no part of "files".
base::Json DescribeTrustImport(const TrustImport& import, base::Time now);

// Imports; answers {"snapshot","lists","findings"}.
//   kInvalidInput "trust.fetched-other"  something fetched is not the list that it should be or is
//                                        signed by one of the anchors, or a certificate that is no
//                                        anchor would be trusted itself
//   others as trust::Store::Import()
base::Result<base::Json> FinishTrustImport(const TrustConfig& config, const TrustImport& import,
                                           const base::Json& described, base::Time now);

}  // namespace api
