// BackUp: what came since the last backup goes to the volume that the operator configured, up to a
// checkpoint that is signed now.
#pragma once

#include <filesystem>
#include <mutex>
#include <optional>

#include "api/flow/publish_checkpoint.h"
#include "base/clock.h"
#include "base/result.h"
#include "vault/backup.h"

namespace api {

// Thread-safe; one backup runs at a time, others wait for it. Borrows its parts.
class BackUp {
 public:
  // `folder` nullopt: none is configured.
  BackUp(const vault::BackupSource& source, PublishCheckpoint& publish,
         std::optional<std::filesystem::path> folder, const base::Clock& clock)
      : source_(source), publish_(publish), folder_(std::move(folder)), clock_(clock) {}

  bool is_configured() const { return folder_.has_value(); }

  // Holds all that was acknowledged when it was called. Errors: kNotFound "backup.not-configured",
  // those of vault::WriteBackup() and of signing a checkpoint.
  base::Result<vault::BackupMade> Run();

  // For an erasure, whose old root key must not go before the new key tree is on the volume: an
  // older backup opens with nothing after it. Ok when no volume is configured.
  // kUnavailable "erasure.waits-for-backup".
  base::Status BeforeRootKeyGoes();

 private:
  const vault::BackupSource source_;
  PublishCheckpoint& publish_;
  const std::optional<std::filesystem::path> folder_;
  const base::Clock& clock_;
  std::mutex running_;
};

}  // namespace api
