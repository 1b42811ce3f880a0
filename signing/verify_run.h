// VerifyRun: one verification with everything that its report rests on.
#pragma once

#include <optional>

#include "base/json.h"
#include "signing/document_facts.h"
#include "signing/found_evidence.h"
#include "signing/policy.h"
#include "signing/verifier.h"

namespace signing {

struct VerifyRun {
  base::Json report;  // As Verify() gives it.
  base::Json facts;   // "edocvault.facts/1".
  FoundEvidence evidence;
  Policy policy;
};

// As Verify(), inside the walls. Fails only where the policy itself cannot be used:
// kInvalidInput "policy.malformed", "policy.unknown", "json.malformed".
base::Result<VerifyRun> RunVerification(const VerifyRequest& request);

}  // namespace signing
