// Directories that survive a power cut, and the lock that keeps a second process out.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "base/unique_fd.h"

namespace vault {

// Creates `path` (mode 0700) when it is missing and syncs its parent, so that the new name
// survives a power cut. kUnavailable "disk.full", "disk.unwritable".
base::Status MakeDirectory(const std::filesystem::path& path);

// After it, files created in `path` keep their names. Errors likewise.
base::Status SyncDirectory(const std::filesystem::path& path);

// The lock is held while the descriptor (or a copy of it) is open.
// kUnavailable "vault.locked" when somebody else holds it.
base::Result<base::UniqueFd> LockFile(const std::filesystem::path& path);

}  // namespace vault
