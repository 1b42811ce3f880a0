#include "signing/facts.h"

#include <algorithm>

namespace signing::facts {
namespace {

bool IsTimeMark(const Id& id) {
  return id.starts_with(kTimeMarkPrefix);
}

}  // namespace

bool HasTimeMarks(const Document& document) {
  return std::ranges::any_of(document.timestamps,
                             [](const auto& entry) { return IsTimeMark(entry.first); });
}

Document WithoutTimeMarks(Document document) {
  std::erase_if(document.timestamps, [](const auto& entry) { return IsTimeMark(entry.first); });
  for (Signature& signature : document.signatures) std::erase_if(signature.timestamps, IsTimeMark);
  // They are covered only by what covers the whole document.
  for (auto& [id, record] : document.evidence_records) std::erase_if(record.covered, IsTimeMark);
  return document;
}

}  // namespace signing::facts
