// Witnessing: what a log and its witnesses say to each other (C2SP tlog-witness, version 1 of
// tlog-cosignature), as texts. Who carries them is not known here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "vault/ledger.h"

namespace vault {

// The name in a verifier key ("name+keyid+base64") of a witness, an Ed25519 cosigner.
// kInvalidInput "witness.bad-key".
base::Result<std::string> WitnessName(std::string_view witness_key);

// The head in a note of the log of that origin, whose signature is not looked at.
// kCorrupted "checkpoint.damaged".
base::Result<TreeHead> NotedHead(std::string_view note, std::string_view origin);

// The note with its first signature alone, which is the log's: what a time-stamp covers, so that
// cosignatures can come later.
std::string SignedPart(std::string_view note);

// The body of add-checkpoint: `proof` leads from `old_size` to the note's size.
std::string AddCheckpointBody(std::uint64_t old_size, const std::vector<base::Sha256Digest>& proof,
                              std::string_view note);

// The size in the body of an answer 409; nullopt when it is none.
std::optional<std::uint64_t> SizeOfConflict(std::string_view body);

// `note` with the cosignature by that witness out of `answer`, in place of an older one of its.
// Lines of other keys are dropped. kInvalidInput "witness.bad-cosignature" when there is none, one
// that does not verify, or one whose time is more than `skew` from `now`.
struct CosignatureRules {
  base::Time now;
  std::chrono::seconds skew{300};
};
base::Result<std::string> WithCosignature(std::string_view note, std::string_view answer,
                                          std::string_view witness_key,
                                          const CosignatureRules& rules);

// When the witness cosigned the note; nullopt when it did not, or no line of its verifies.
std::optional<base::Time> CosignedAt(std::string_view note, std::string_view witness_key);

}  // namespace vault
