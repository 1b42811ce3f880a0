// PreparedStore: signatures that wait for a value from outside, each in a file of its own,
// encrypted, written once and never changed.
#pragma once

#include <filesystem>
#include <string>

#include "api/flow/sealed_file.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace api {

// Thread-safe. A file holds the wrapped key and the state, sealed with AES-256-GCM under it and
// bound to the id. States older than kLife count as gone, and are removed when new ones come.
class PreparedStore {
 public:
  static constexpr std::chrono::hours kLife{24};
  static constexpr std::size_t kMaxWaiting = 1000;  // For one agency.

  // Borrows `keys` and `clock`; they must outlive it. The folder is made when it is first needed.
  PreparedStore(std::filesystem::path folder, RecordKeys& keys, const base::Clock& clock)
      : folder_(std::move(folder)), keys_(keys), clock_(clock) {}

  // Facts about the signature ("made": seconds since 1970), and the document that it goes into.
  // The id, 32 hexadecimal digits (KeptId). Errors: those of VaultKeys and files, and
  // kUnavailable "prepared.too-many".
  base::Result<std::string> Put(const std::string& agency, const SealedContent& state);

  // kNotFound "prepared.unknown" also for one that has grown too old; kCorrupted "aead.mismatch".
  base::Result<SealedContent> Get(const std::string& id);

  // Notes the one value that completes it, durably. Ok when it is noted already;
  // kConflict "prepared.completed" when another one is.
  base::Status Complete(const std::string& id, const base::Sha256Digest& value);

 private:
  // Refuses when too many are left of that agency.
  base::Status RemoveOld(const std::string& agency);

  const std::filesystem::path folder_;
  RecordKeys& keys_;
  const base::Clock& clock_;
};

}  // namespace api
