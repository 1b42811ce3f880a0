// CeremonyLog: what was done to keys, who approved it and what came of it; by it no order is
// carried out twice.
//
// Lines are chained by their hashes, so that none can be changed or taken out of the middle
// unnoticed (docs/formats/ceremony.md). Nothing is ever removed.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "hsm/ceremony.h"

namespace hsm {

// Not thread-safe. One process at a time: the file is locked from the first line of an act to its
// last, and another waits.
class CeremonyLog {
 public:
  // Made with the first act.
  explicit CeremonyLog(std::filesystem::path file) : file_(std::move(file)) {}

  // On stable storage when it returns ok; then the act may be done, once.
  //
  // Errors:
  //   kConflict "ceremony.used"           done before, or begun and nobody knows what came of it
  //   kUnavailable "disk.unwritable"      nothing may be done
  //   kCorrupted "ceremony.log-damaged"   the file does not read: call a human
  base::Status Begin(const CeremonyOrder& order, const std::vector<std::string>& custodians,
                     base::Time at);

  // `failure` is the reason of an error, empty when it was done. What failed may be tried again
  // under the same order. REQUIRES: Begin() was ok.
  base::Status End(const std::string& nonce, const std::string& failure, base::Time at);

 private:
  base::Status BeginLocked(const CeremonyOrder& order, const std::vector<std::string>& custodians,
                           base::Time at);
  base::Status Open();
  base::Status Load();
  base::Status Write(base::Json line);

  const std::filesystem::path file_;
  base::UniqueFd log_;
  std::set<std::string> used_;  // Nonces.
  std::string previous_;        // SHA-256 of the last line, hexadecimal.
};

}  // namespace hsm
