// A file that is there as a whole or not at all.
#pragma once

#include <filesystem>
#include <functional>

#include "base/bytes.h"
#include "base/result.h"

namespace cli {

using TakePiece = std::function<void(base::ByteSpan)>;
using PieceWriter = std::function<base::Status(const TakePiece&)>;

// Never takes the place of another file. Writes what `write` hands over beside `path`, syncs it and
// gives it its name. Its owner alone may read it, whatever the umask. A file of these bytes that is
// there already is left as it is.
//
// Errors: those of `write`;
//   kConflict "bundle.exists"        another file, or something else, has the name
//   kUnavailable "disk.unwritable"   the disk refuses, or renames only over what is there
base::Status WriteNewFile(const std::filesystem::path& path, const PieceWriter& write);

// The same, and takes the place of another file. Errors likewise, without the first.
base::Status ReplaceFileInPieces(const std::filesystem::path& path, const PieceWriter& write);

}  // namespace cli
