// ClaimKeeper: which signatures over evidence the inspector has known to be right.
//
// Walled processes inherit the set and cannot write to it. What they report is a wish: once two
// of them have reported the same claim, a fresh walled process that reads nothing else checks it,
// and its yes alone lets the claim in (docs/adr/0009). The keeper compares and hashes what is
// reported; it looks at none of its structure.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "hardening/walls.h"
#include "signing/checked_signatures.h"

namespace api {

// Single-threaded: it forks.
class ClaimKeeper {
 public:
  // `zygote`, if any, has the walls ready; borrowed.
  explicit ClaimKeeper(const hardening::Zygote* zygote = nullptr) : zygote_(zygote) {}

  // Valid for the keeper's life.
  const signing::CheckedSignatures& known() const { return known_; }

  // Takes note of what a verification reported; what is too long or too much is left out.
  void Note(const std::vector<base::ByteSpan>& claims);

  // Starts the next check unless one runs or none is due.
  void StartNext();
  // The check that runs, for poll(); nullptr when none does.
  hardening::WalledWork* running() { return work_ ? &*work_ : nullptr; }
  // Takes its answer. REQUIRES: running() and its Read() said true.
  void Finish();

 private:
  enum class State { kReported, kAsked };

  const hardening::Zygote* zygote_;
  signing::CheckedSignatures known_;
  std::map<base::Sha256Digest, State> seen_;  // By the claim's hash.
  std::deque<base::Sha256Digest> order_;      // Of seen_, the oldest first.
  std::deque<base::Bytes> queue_;
  base::Bytes checking_;
  std::optional<hardening::WalledWork> work_;
};

}  // namespace api
