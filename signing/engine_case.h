// One question to the engine: facts, policy and time, with the look-ups that all blocks share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "signing/engine_result.h"
#include "signing/facts.h"
#include "signing/policy.h"

namespace signing {

// Borrows both for its life.
struct Case {
  const facts::Document& document;
  const Policy& policy;
  base::Time at;

  // nullptr when the id names nothing: a chain that refers to nothing is a broken chain.
  const facts::Certificate* Certificate(const facts::Id& id) const;
  const facts::Revocation* Revocation(const facts::Id& id) const;

  // The certificates of the chain, from the signer to the first that is an anchor at `at` (or
  // to the end when none is).
  std::vector<const facts::Certificate*> Chain(Scope scope, const std::vector<facts::Id>& ids,
                                               base::Time at) const;
};

// Whether the certificate is a trust anchor, at whatever time, where it stands in a chain of that
// scope: in the first place for what it signs itself, in the others for what it has issued.
bool IsAnchor(const facts::Certificate& certificate, Scope scope, std::size_t position);
// The same, at that time.
bool IsAnchorAt(const facts::Certificate& certificate, Scope scope, std::size_t position,
                base::Time at);
// Whether the last one is; false for an empty chain.
bool EndsInAnchor(const std::vector<const facts::Certificate*>& chain, Scope scope, base::Time at);

}  // namespace signing
