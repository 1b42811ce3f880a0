// IndexState: remembers in DATA/index/state whether the index files can be trusted.
//
// The index is written without syncing, so after a power cut its pages may be torn in ways
// LMDB would not survive. After the mere death of the process they are whole, because the
// kernel still holds them. The kernel's boot id tells the two apart.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace vault {

enum class IndexTrust {
  kNone,      // Missing, damaged, or used last before a power cut.
  kClean,     // It was synced and closed.
  kDiedOnce,  // Its last user died since this boot. A second death in a row is kNone, as
              // the index itself may have been the cause.
};

IndexTrust ReadIndexTrust(const std::filesystem::path& directory);

// Notes that the index is in use from now on.
base::Status BeginIndexUse(const std::filesystem::path& directory, IndexTrust before);

// The index was synced and closed.
base::Status EndIndexUse(const std::filesystem::path& directory);

// Have the next opening rebuild the index.
base::Status DistrustIndex(const std::filesystem::path& directory);

}  // namespace vault
