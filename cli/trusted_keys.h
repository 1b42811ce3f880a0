// TrustedKeys: whom a receipt or an audit is checked by, as named on the command line: the log's
// verifier key, those of witnesses, and certificates of TSAs.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "cli/home.h"

namespace cli {

struct TrustedKeyOptions {
  std::string log;                     // A file; empty: vault.vkey of the home.
  std::vector<std::string> witnesses;  // A file, or a verifier key itself.
  std::vector<std::string> tsas;       // Files: DER or PEM.

  void AddTo(CLI::App& verb);
};

struct TrustedKeys {
  std::string log;
  std::vector<std::string> witnesses;
  std::vector<std::string> tsas;  // SHA-256 of their certificates, hexadecimal.
};

// Errors of base::ReadFile().
base::Result<TrustedKeys> ReadTrustedKeys(const TrustedKeyOptions& options, const Home& home);

// The time in an RFC 3161 token over `covered`, by one of the TSAs. Opened inside walls.
// kInvalidInput "timestamp.malformed", "timestamp.other-imprint", "timestamp.bad-signature", and
// those of the walls; kUnavailable "timestamp.other-tsa".
base::Result<base::Time> ReadStamp(base::ByteSpan token, const base::Sha256Digest& covered,
                                   const std::vector<std::string>& tsas);

}  // namespace cli
