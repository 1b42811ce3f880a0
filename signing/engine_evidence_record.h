// Evidence records in the engine's words: time-stamps that prove each other, the oldest of which
// proves the covered objects (EN 319 102-1, 5.6; RFC 4998, 5.3).
#pragma once

#include <functional>
#include <vector>

#include "signing/evidence_record_check.h"
#include "signing/facts.h"

namespace signing {

// Fills seal, chain and signer reference of a token whose signer is known.
using DescribeTokenSigner = std::function<void(const TimestampToken&, facts::Timestamp&)>;

// Everything that exists if the bytes of the signatures do: they, their certificates, revocation
// data and time-stamps. Without trust anchors, which are not asked for a proof.
std::vector<facts::Id> IdsInside(const facts::Document& document);

// Adds the record and its time-stamps to `document`. `covered` are the ids of what exists if
// the objects of the record do. A record that is not intact is added too, and proves nothing.
void AddEvidenceRecord(const EvidenceRecordFacts& record, const facts::Id& id,
                       const std::vector<facts::Id>& covered, const DescribeTokenSigner& describe,
                       facts::Document& document);

}  // namespace signing
