// Cryptographic constraints: whether an algorithm may be relied upon at a time (TS 119 312).
#pragma once

#include <optional>

#include "signing/engine_case.h"

namespace signing {

struct CryptoOutcome {
  bool usable = false;
  Level level = Level::kFail;       // Of the failure.
  std::optional<base::Time> until;  // Last second of use; nullopt: never usable, or no end.
  std::string_view problem;
};

CryptoOutcome CheckAlgorithm(const AlgorithmSuite& suite, const facts::Algorithm& algorithm,
                             base::Time at);
CryptoOutcome CheckDigestAlgorithm(const AlgorithmSuite& suite, const std::string& digest,
                                   base::Time at);

// Records the check of a signature made with `algorithm` on the object of that id.
void CheckCrypto(const Case& question, Scope scope, Part part, const std::string& object,
                 const facts::Algorithm& algorithm, base::Time at, Block& block);
// The same for a digest alone.
void CheckDigestCrypto(const Case& question, Scope scope, const std::string& object,
                       const std::string& digest, base::Time at, Block& block);

// The last second at which the algorithm was usable; nullopt: it never was. Far in the
// future when no end is known.
std::optional<base::Time> UsableUntil(const AlgorithmSuite& suite,
                                      const facts::Algorithm& algorithm);

}  // namespace signing
