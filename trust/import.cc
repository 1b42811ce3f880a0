#include "trust/import.h"

namespace trust {
namespace {

using base::Json;

constexpr int kAttempts = 3;  // Other importers come in between at most so often.

base::Result<Snapshot> Attempt(const Store& store, const FilesToImport& files,
                               const Json& description) {
  ASSIGN_OR_RETURN(const auto latest, store.Latest());
  Json described;
  if (latest) {
    ASSIGN_OR_RETURN(const Snapshot snapshot, store.Read(*latest));
    ASSIGN_OR_RETURN(const Files before, store.ReadFiles(snapshot));
    ASSIGN_OR_RETURN(described, Describe(before, files.now));
  }
  return store.Import({.files = files.files,
                       .description = &description,
                       .latest = latest ? &described : nullptr,
                       .source = files.source,
                       .allow_older = files.allow_older,
                       .now = files.now});
}

}  // namespace

base::Result<Imported> ImportFiles(const Store& store, const FilesToImport& order) {
  ASSIGN_OR_RETURN(Json description, Describe(*order.files, order.now));
  auto snapshot = Attempt(store, order, description);
  for (int i = 1; i < kAttempts && !snapshot.ok(); ++i) {
    if (snapshot.error().reason != "trust.import-raced") break;
    snapshot = Attempt(store, order, description);
  }
  if (!snapshot.ok()) return snapshot.error();
  return Imported{std::move(snapshot).value(), std::move(description)};
}

}  // namespace trust
