#include "trust/import.h"

#include <algorithm>
#include <iterator>

#include "trust/pem.h"

namespace trust {
namespace {

using base::Json;

constexpr int kAttempts = 3;  // Other importers come in between at most so often.

base::Result<Snapshot> Attempt(const Store& store, const FilesToImport& order, const Files& files,
                               const Json& description) {
  ASSIGN_OR_RETURN(const auto latest, store.Latest());
  Json described;
  if (latest) {
    ASSIGN_OR_RETURN(const Snapshot snapshot, store.Read(*latest));
    ASSIGN_OR_RETURN(const Files before, store.ReadFiles(snapshot));
    ASSIGN_OR_RETURN(described, Describe(before, order.now));
  }
  return store.Import({.files = &files,
                       .description = &description,
                       .latest = latest ? &described : nullptr,
                       .source = order.source,
                       .allow_older = order.allow_older,
                       .now = order.now});
}

// What is imported, and what is in it.
struct Kept {
  Files files;
  Json description;
};

base::Result<Kept> KeepAskedFor(const FilesToImport& order) {
  Kept kept{*order.files, {}};
  if (order.list_signers != nullptr)
    std::ranges::copy(*order.list_signers, std::back_inserter(kept.files));
  ASSIGN_OR_RETURN(kept.description, Describe(kept.files, order.now));
  const auto unasked = UnaskedAnchors(kept.description, *order.files);
  if (unasked.empty()) return kept;
  kept.files = Without(kept.files, unasked);
  ASSIGN_OR_RETURN(kept.description, Describe(kept.files, order.now));
  return kept;
}

}  // namespace

std::set<base::Sha256Digest> UnaskedAnchors(const Json& description, const Files& asked) {
  std::set<base::Sha256Digest> unasked;
  const Json* certificates = description.Find("certificates");
  if (certificates == nullptr || certificates->AsArray() == nullptr) return unasked;
  for (const Json& one : *certificates->AsArray()) {
    const auto bytes = base::HexDecode(one.Text("sha256").value_or(""));
    const auto digest = bytes ? base::ToSha256Digest(*bytes) : std::nullopt;
    const Json* anchor = one.Find("anchor");
    if (digest && anchor != nullptr && *anchor == Json(true)) unasked.insert(*digest);
  }
  for (const File& file : asked)
    for (const base::Bytes& certificate : CertificatesIn(file.bytes))
      unasked.erase(base::Sha256(certificate));
  return unasked;
}

Files Without(const Files& files, const std::set<base::Sha256Digest>& digests) {
  Files kept;
  std::ranges::copy_if(files, std::back_inserter(kept), [&](const File& file) {
    return !digests.contains(base::Sha256(file.bytes));
  });
  return kept;
}

base::Result<Imported> ImportFiles(const Store& store, const FilesToImport& order) {
  ASSIGN_OR_RETURN(Kept kept, KeepAskedFor(order));
  auto snapshot = Attempt(store, order, kept.files, kept.description);
  for (int i = 1; i < kAttempts && !snapshot.ok(); ++i) {
    if (snapshot.error().reason != "trust.import-raced") break;
    snapshot = Attempt(store, order, kept.files, kept.description);
  }
  if (!snapshot.ok()) return snapshot.error();
  return Imported{std::move(snapshot).value(), std::move(kept.description)};
}

}  // namespace trust
