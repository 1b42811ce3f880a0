// CheckpointGuard: remembers the last checkpoint that was signed, across restarts, so that
// the log can neither shrink nor fork under our signature.
//
// A vault that was recovered from a backup goes on under a new origin, and begins small. From the
// first checkpoint of the new origin on, those before it are closed for good.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "hsm/vault_keys.h"

namespace hsm {

// One thread at a time.
class CheckpointGuard {
 public:
  // `mark` is the file that remembers; made with the first checkpoint. `origin` of the log.
  CheckpointGuard(std::filesystem::path mark, std::string origin)
      : mark_(std::move(mark)), origin_(std::move(origin)) {}

  // Ok when `body` may be signed. The same body may be signed again.
  //
  // Errors:
  //   kConflict "checkpoint.smaller"       less than before, or another root for the same size:
  //                                        an older copy of the vault is being run
  //   kConflict "checkpoint.origin-closed" the log goes on under another origin since
  //   kCorrupted "checkpoint.mark-damaged" the file does not read: call a human
  base::Status Check(const CheckpointBody& body);

  // Puts on stable storage that `body` was signed: before the signature is given to anybody,
  // so that one that was not given does not bind.
  // kUnavailable "disk.unwritable": the signature must not be given.
  base::Status Remember(const CheckpointBody& body);

 private:
  base::Status Load();

  const std::filesystem::path mark_;
  const std::string origin_;
  bool loaded_ = false;
  std::optional<CheckpointBody> last_;  // Of `origin_`.
  std::vector<std::string> closed_;     // Origins before it.
};

}  // namespace hsm
