// Verifier: what a signed file says, and what it is worth.
//
// Opens untrusted bytes: call it inside hardening's walls only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/error_text.h"
#include "base/json.h"
#include "base/result.h"

namespace signing {

// A file handed in beside the document: a trusted list, a certificate, detached data.
struct NamedBytes {
  std::string name;  // As the user named it; for detached data the path below --data.
  base::ByteSpan bytes;
};

// Detached data that stays with its owner, known by its digest alone.
struct NamedDigest {
  std::string name;
  base::Sha256Digest sha256;
};

struct VerifyRequest {
  std::string name;                // File name without folders.
  base::ByteSpan document;         // Borrowed, as all bytes here, for the call.
  std::string policy = "eu-ades";  // Name of a shipped policy, or of `policy_text`.
  // A policy of the caller's own in the JSON of policy.h. Empty: the shipped one is meant.
  std::string policy_text{};
  std::vector<NamedBytes> trust;
  std::vector<NamedBytes> data;
  std::vector<NamedDigest> digests;
  base::Time at;
  base::Language language = base::Language::kEnglish;
};

// The report in the shape of DESIGN, "edocvault verify --format json". Never fails: what
// cannot be opened is a refusal in the report, with a stable code.
base::Json Verify(const VerifyRequest& request);

// The same report when the document was not looked at to the end: `error` becomes the refusal.
// Touches none of the document's structure, so it may run outside the walls.
base::Json RefusedReport(const VerifyRequest& request, const base::Error& error);

// The process exit code that goes with the report: 0, 1, 2 or 3.
int ExitCodeOf(const base::Json& report);

// True for the name of a shipped policy.
bool IsShippedPolicy(std::string_view name);

// Loads what later calls share: libraries, error strings. Call once before the
// walls go up, in the zygote or the command line. Never looks at untrusted bytes.
void PrepareVerifier();

}  // namespace signing
