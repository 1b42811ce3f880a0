// LinkKeeper: which links of trusted issuers the inspector has known to be right.
//
// Walled processes inherit the set and cannot write to it. What they report is a wish: once two
// of them have reported the same bytes, a fresh walled process that reads nothing else checks
// them, and its yes alone lets the link in (docs/adr/0006). The keeper compares and hashes what
// is reported; it looks at none of its structure.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "hardening/walls.h"
#include "signing/checked_links.h"
#include "signing/verifier.h"

namespace api {

// Single-threaded: it forks.
class LinkKeeper {
 public:
  // nullptr: nothing is trusted, so nothing is kept.
  explicit LinkKeeper(const std::shared_ptr<const signing::PreparedTrust>& trust);

  // nullptr when nothing is kept. Valid for the keeper's life.
  const signing::CheckedLinks* links() const { return links_ ? &*links_ : nullptr; }

  // Takes note of what a verification reported; what is too long or too much is left out.
  void Note(const std::vector<base::ByteSpan>& candidates);

  // Starts the next check unless one runs or none is due.
  // Starts the next check unless one runs or none is due.
  void StartNext();
  // The check that runs, for poll(); nullptr when none does.
  hardening::WalledWork* running() { return work_ ? &*work_ : nullptr; }
  // Takes its answer. REQUIRES: running() and its Read() said true.
  void Finish();

 private:
  enum class State { kReported, kAsked };

  std::optional<signing::CheckedLinks> links_;
  std::map<base::Sha256Digest, State> seen_;  // By the candidate's hash.
  std::deque<base::Sha256Digest> order_;      // Of seen_, the oldest first.
  std::deque<base::Bytes> queue_;
  base::Bytes checking_;
  std::optional<hardening::WalledWork> work_;
};

}  // namespace api
