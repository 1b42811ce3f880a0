// What the trust verbs say to people.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "trust/snapshot.h"

namespace cli {

// Names from outside come without characters that could steer a terminal.
std::string TrustListText(const base::Json& list);
std::string TrustDescriptionText(const trust::Snapshot& snapshot, const base::Json& description);
std::string TrustDifferenceText(const base::Json& difference);

}  // namespace cli
