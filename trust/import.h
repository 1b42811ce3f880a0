// Import: files on disk or from the courier become the snapshot in use.
#pragma once

#include <string>

#include "trust/store.h"

namespace trust {

struct FilesToImport {
  const Files* files = nullptr;  // Borrowed.
  std::string source = "files";  // Or "courier".
  std::string allow_older;       // A reason lets older lists in.
  base::Time now{};
};

struct Imported {
  Snapshot snapshot;
  base::Json description;  // Describe() of its files.
};

// Has the files and those of the latest import described behind the walls, then imports. The
// caller is single-threaded. Errors: those of Describe(), of Store::Import() and of reading the
// latest import, whose damage is not passed over.
base::Result<Imported> ImportFiles(const Store& store, const FilesToImport& order);

}  // namespace trust
