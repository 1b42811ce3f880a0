// How old the trust in use is: what `trust age` prints, and `doctor` beside a service that does not
// run.
#pragma once

#include <chrono>

#include "base/json.h"
#include "trust/store.h"

namespace cli {

// {"snapshot","created","ageDays","nextExpiry" (or null),"state": "fresh", "expiring" or "expired"}
// of the snapshot in use. Its files are read again behind the walls, so the caller is
// single-threaded.
//
// kNotFound "trust.no-snapshot"; others as trust::Store and trust::Describe().
base::Result<base::Json> AgeOfTrust(const trust::Store& store, base::Time now,
                                    std::chrono::days warn_before);

}  // namespace cli
