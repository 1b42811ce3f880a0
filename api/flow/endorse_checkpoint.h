// EndorseCheckpoint: gets for the newest checkpoint what outsiders add to it: cosignatures of
// witnesses (C2SP tlog-witness), who saw that the log only grew, and a time-stamp.
//
// The log does not wait for them: a receipt is given without, says what is still missing, and has
// it when it is asked for again.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/config.h"
#include "api/flow/evidence_desk.h"
#include "api/outbound/courier.h"
#include "base/clock.h"
#include "base/error_text.h"
#include "base/json.h"
#include "vault/ledger.h"

namespace api {

// Thread-safe. Borrows its parts; they must outlive it.
class EndorseCheckpoint {
 public:
  EndorseCheckpoint(vault::Ledger& ledger, Outbound& outbound, EvidenceDesk& desk,
                    const CheckpointConfig& rules, const base::Clock& clock)
      : ledger_(ledger),
        outbound_(outbound),
        desk_(desk),
        rules_(rules),
        clock_(clock),
        witnesses_(rules.witnesses.size()) {}

  // One round, once a second: asks for what the newest checkpoint lacks. What fails is said in
  // Report() and tried again later, later each time.
  void Run();

  // Whether no witness that answers has seen a larger ledger than this, or another one. At start,
  // and of what was seen since: kCorrupted "ledger.rolled-back".
  base::Status AskAtStart();
  base::Status RequireUndisputed() const;

  // What a checkpoint still lacks: names of witnesses, and "timestamp".
  std::vector<std::string> Pending(const vault::Ledger::Checkpoint& checkpoint) const;

  // The checkpoint over `size` entries that lacks least: `newest`, or a stamped one.
  vault::Ledger::Checkpoint Best(std::uint64_t size, vault::Ledger::Checkpoint newest) const;

  // {"witnesses": [{"name", "cosignedSize", "cosignedAt", "error"}], "timestamp": {"size",
  // "error"}}
  base::Json Report(base::Language language) const;

 private:
  // How it went with one of the services outside.
  struct Standing {
    std::uint64_t size = 0;            // Of what it endorsed last; of a witness, what it knows.
    std::optional<base::Time> at;      // When.
    std::optional<base::Error> error;  // Of the last try.
    base::Time again;                  // Not asked before.
    std::chrono::seconds pause{0};
  };

  std::vector<std::size_t> Lacking(const vault::Ledger::Checkpoint& checkpoint) const;
  // Asks the witnesses of these numbers side by side: the note with their cosignatures.
  std::string Cosign(const vault::Ledger::Checkpoint& checkpoint,
                     const std::vector<std::size_t>& asked);
  base::Result<std::string> Ask(const WitnessConfig& witness, std::uint64_t known,
                                const vault::Ledger::Checkpoint& checkpoint) const;
  void Stamp(const vault::Ledger::Checkpoint& checkpoint);
  bool IsDue(const Standing& standing) const;
  void Note(const std::string& who, Standing& standing, const base::Status& outcome);

  vault::Ledger& ledger_;
  Outbound& outbound_;
  EvidenceDesk& desk_;
  const CheckpointConfig& rules_;
  const base::Clock& clock_;
  mutable std::mutex mutex_;  // Guards what follows.
  std::vector<Standing> witnesses_;
  Standing stamp_;
};

}  // namespace api
