// TrustKeeper: the trust that the inspector verifies by, kept up to date with the store.
//
// A snapshot's bytes are held against their digests, opened by a walled process first, and read
// by the zygote only after that process came back whole and its lists verified. The next
// verification that is forked has the new snapshot and those that run keep the old: none is
// judged by two. A snapshot that does not hold stays out, and the one before it in.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "api/config.h"
#include "base/clock.h"
#include "base/json.h"
#include "hardening/walls.h"
#include "signing/verifier.h"
#include "trust/store.h"

namespace api {

// Single-threaded: it forks. PrepareVerifier() must have run. Borrows both.
class TrustKeeper {
 public:
  using Steady = std::chrono::steady_clock;

  TrustKeeper(const TrustConfig& config, const base::Clock& clock)
      : config_(config), clock_(clock), store_(config.dir) {}

  // Looks at once and waits for what was started: before the first call is served.
  void LoadNow();

  // nullptr while no snapshot holds.
  const std::shared_ptr<const signing::PreparedTrust>& trust() const { return trust_; }

  // {"configured": true, "snapshot": id or null, "created", "source", "services": how many,
  //  "description": Describe() without its services,
  //  "older": which list is older than in the snapshot that was in use before, or null,
  //  "rejected": {"snapshot": id or null, "code"} of a snapshot that should be in use, or null}
  const base::Json& facts() const { return facts_; }

  // The store changed: look at the next occasion.
  void LookSoon() { due_ = {}; }
  // When to look again.
  Steady::time_point due() const { return due_; }
  // Looks at the store when it is due, and starts on a snapshot that is not in use yet.
  void StartNext();
  // What runs, for poll(); nullptr when nothing does.
  hardening::WalledWork* running() { return work_ ? &*work_ : nullptr; }
  // Takes its answer; true when another snapshot is in use now. REQUIRES: running() and its
  // Read() said true.
  bool Finish();

 private:
  base::Result<std::string> Wanted() const;
  base::Status Start(const std::string& id);
  base::Status TakeUp(const base::Result<base::Bytes>& described);
  void Reject(const std::string& id, const base::Error& error);
  void SetFacts();

  const TrustConfig& config_;
  const base::Clock& clock_;
  const trust::Store store_;
  std::shared_ptr<const signing::PreparedTrust> trust_;
  std::string id_;   // Of trust_.
  base::Json used_;  // The facts of trust_, without "rejected".
  base::Json facts_;
  Steady::time_point due_{};

  std::string rejected_;  // What was last refused, and until when it is not tried again.
  base::Json rejection_;
  Steady::time_point retry_{};

  trust::Snapshot next_;  // What `work_` describes.
  trust::Files files_;
  std::optional<hardening::WalledWork> work_;
};

// What a walled process answered about files: JSON, or why it did not come back.
base::Result<base::Json> ReadDescribed(const base::Result<base::Bytes>& described);

}  // namespace api
