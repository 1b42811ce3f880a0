// Notes and whatWouldChangeIt: what the auditor is told beside the indication.
#pragma once

#include "signing/engine.h"
#include "signing/engine_case.h"

namespace signing {

// `failures`: of the present; `last`: those that no proof mended. Fills `verdict`.
void Explain(const Case& question, const facts::Signature& signature,
             const std::vector<Failure>& failures, const std::vector<Failure>& last,
             SignatureVerdict& verdict);

}  // namespace signing
