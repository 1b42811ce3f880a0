#include "api/flow/back_up.h"

namespace api {

using base::Error;
using base::ErrorCode;

base::Result<vault::BackupMade> BackUp::Run() {
  if (!folder_) return Error{ErrorCode::kNotFound, "backup.not-configured", "there is no [backup]"};
  const std::lock_guard running(running_);
  ASSIGN_OR_RETURN(const vault::TreeHead head, source_.ledger.Head());
  ASSIGN_OR_RETURN(const auto checkpoint, publish_.Covering(head.size));
  return vault::WriteBackup(source_, *folder_, checkpoint, clock_.Now());
}

base::Status BackUp::BeforeRootKeyGoes() {
  if (!folder_) return base::Ok();
  const auto made = Run();
  if (made.ok()) return base::Ok();
  return Error{ErrorCode::kUnavailable, "erasure.waits-for-backup",
               made.error().reason + ": " + made.error().message};
}

}  // namespace api
