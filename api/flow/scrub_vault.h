// ScrubVault: reads the whole vault again and again, a little each second, and compares it with its
// hashes, so that a disk that forgets is found out while there still are copies.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error_text.h"
#include "base/json.h"
#include "base/result.h"
#include "vault/ledger.h"
#include "vault/segments.h"

namespace api {

// Thread-safe. Borrows its parts; they must outlive it.
class ScrubVault {
 public:
  // `budget`: bytes a second that are read; 0: nothing is scrubbed.
  ScrubVault(vault::Ledger& ledger, const vault::Segments& segments, std::uint64_t budget,
             const base::Clock& clock)
      : ledger_(ledger), segments_(segments), budget_(budget), clock_(clock) {}

  // Once a second: looks at the entries that come next and at the documents they name. What is
  // damaged is reported, and put on record once (RecordKind::kDamage); the round goes on. Errors:
  // those of Ledger::Append() and of a disk that cannot be read now.
  base::Status Run();

  // {"position", "rounds", "lastRoundAt", "damaged", "damage": [{"entry", "code", "message"}]}
  base::Json Report(base::Language language) const;

 private:
  struct Damage {
    vault::EntryNumber entry;
    std::string reason;
  };
  // How many bytes were looked at.
  base::Result<std::uint64_t> LookAt(vault::EntryNumber entry);
  base::Status Tell(vault::EntryNumber entry, const vault::RecordId& subject,
                    const base::Error& error);

  vault::Ledger& ledger_;
  const vault::Segments& segments_;
  const std::uint64_t budget_;
  const base::Clock& clock_;
  std::int64_t allowance_ = 0;  // Of Run(). Below zero after a large document.
  mutable std::mutex mutex_;    // Guards what follows.
  std::uint64_t next_ = 0;
  std::uint64_t rounds_ = 0;
  std::optional<base::Time> last_round_;
  std::uint64_t damaged_ = 0;   // In this round.
  std::vector<Damage> damage_;  // Of this round and the last one, the first hundred.
};

}  // namespace api
