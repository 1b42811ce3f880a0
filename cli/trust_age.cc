#include "cli/trust_age.h"

#include "trust/freshness.h"

namespace cli {

using base::Json;

base::Result<Json> AgeOfTrust(const trust::Store& store, base::Time now,
                              std::chrono::days warn_before) {
  ASSIGN_OR_RETURN(const std::string id, store.Current());
  ASSIGN_OR_RETURN(const trust::Snapshot snapshot, store.Read(id));
  ASSIGN_OR_RETURN(const trust::Files files, store.ReadFiles(snapshot));
  ASSIGN_OR_RETURN(const Json description, trust::Describe(files, now));
  const trust::Expiry expiry =
      trust::ExpiryOf(description, snapshot.created, now, {.warn_before = warn_before});
  const auto days = std::chrono::floor<std::chrono::days>(now - snapshot.created).count();
  Json json;
  json.Set("snapshot", snapshot.id);
  json.Set("created", base::FormatTime(snapshot.created));
  json.Set("ageDays", std::int64_t{days});
  json.Set("nextExpiry", expiry.next ? Json(base::FormatTime(*expiry.next)) : Json());
  json.Set("state", trust::NameOf(expiry.freshness));
  return json;
}

}  // namespace cli
