// What doctor says about trust: which snapshot is in use, how old it is, and what to do about it.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace cli {

struct TrustHealth {
  base::Status outcome = base::Ok();
  std::string summary;                // For people: "snapshot ..., 3 days old, ..."; may be empty.
  std::vector<std::string> warnings;  // Reasons (base/error_text.h) that are no failure.
  std::string fix;                    // What to do; empty when there is nothing to do.
};

// Of the "state" and the "warnings" that GET /v1/trust gives, or AgeOfTrust(). Expired trust, and
// trust that is configured and not there, is kUnavailable "trust.stale" and "trust.unready", as
// for /health/ready; a state that is not known is "trust.unready" too. No trust at all is no
// failure: an appliance that only seals and keeps needs none.
TrustHealth TrustHealthOf(const base::Json& status);

}  // namespace cli
