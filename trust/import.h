// Import: files on disk or from the courier become the snapshot in use.
//
// Certificates come in by two doors. What is handed in among the files may become a trust anchor:
// that was asked for. Who is handed in as a signer of lists may sign lists and nothing else; one
// that signed none of them and is named by none would, in a snapshot, be trusted itself, so it
// stays out.
#pragma once

#include <set>
#include <string>

#include "base/digest.h"
#include "trust/store.h"

namespace trust {

struct FilesToImport {
  const Files* files = nullptr;         // Borrowed, as the next.
  const Files* list_signers = nullptr;  // DER, a file each (pem.h); nullptr: none.
  std::string source = "files";         // Or "courier".
  std::string allow_older;              // A reason lets older lists in.
  base::Time now{};
};

struct Imported {
  Snapshot snapshot;
  base::Json description;  // Describe() of its files.
};

// Of the certificates that `description` (of Describe()) calls anchors, those that are none of
// `asked`: DER or PEM, other files count for nothing.
std::set<base::Sha256Digest> UnaskedAnchors(const base::Json& description, const Files& asked);

// The files without those of these digests.
Files Without(const Files& files, const std::set<base::Sha256Digest>& digests);

// Has the files and those of the latest import described behind the walls, then imports all but
// the signers of lists that nobody asked to be anchors. The caller is single-threaded. Errors:
// those of Describe(), of Store::Import() and of reading the latest import, whose damage is not
// passed over.
base::Result<Imported> ImportFiles(const Store& store, const FilesToImport& order);

}  // namespace trust
