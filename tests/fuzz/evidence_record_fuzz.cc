// A record is intact only when known signers vouch for every step, and it covers an object.
#include <algorithm>
#include <cstdlib>

#include "signing/evidence_record_check.h"

namespace {

bool Holds(const signing::EvidenceRecordFacts& facts) {
  return facts.Covers("x") && std::ranges::all_of(facts.timestamps, [](const auto& fact) {
           return fact.ok() && fact.imprint_ok && fact.link_ok && fact.token->signature_ok;
         });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto budget = std::make_shared<signing::WorkBudget>(size);
  std::vector<signing::EvidenceObject> objects;
  objects.push_back(signing::EvidenceObjectOf("x", base::AsBytes("x"), budget));
  const auto facts = signing::CheckEvidenceRecord({data, size}, objects, *budget);
  if (!facts.ok()) return 0;
  if (facts.value().outcome == signing::EvidenceOutcome::kIntact && !Holds(facts.value()))
    std::abort();
  return 0;
}
