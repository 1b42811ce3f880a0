// Difference: what changed between two snapshots.
#pragma once

#include "base/json.h"

namespace trust {

// {"schema":"edocvault.trust-difference/1","from","to",
//  "lists": {"added","removed","changed": [{"territory","listOfLists","from","to"}]},  (sequences)
//  "certificates": {"added","removed","changed": [{...,"from","to"}]},      (true: an anchor)
//  "services": {"added","removed","changed": [{...,"from","to"}]}}                     (statuses)
// of two descriptions (material.h). A service is the same while territory, type and identity are;
// a certificate while its bytes are.
base::Json Difference(const base::Json& from, const base::Json& to);

}  // namespace trust
