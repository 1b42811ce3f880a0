// The engine's facts as JSON (docs/formats/facts.md).
#pragma once

#include "base/json.h"
#include "signing/facts.h"

namespace signing {

// Everything in facts.h. What would be otherwise under other trust stands in members "byTrust".
base::Json FactsToJson(const facts::Document& document);

}  // namespace signing
