// Verifier: what a signed file says, and what it is worth.
//
// Opens untrusted bytes: call it inside hardening's walls only.
#pragma once

#include <functional>
#include <memory>
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

struct SignatureMemory;
class TrustSnapshot;

// A file handed in beside the document: a trusted list, a certificate, detached data, an
// evidence record.
struct NamedBytes {
  std::string name;  // As the user named it; for detached data the path below --data.
  base::ByteSpan bytes;
};

struct Policy;

// Detached data that stays with its owner, known by its digest alone.
struct NamedDigest {
  std::string name;
  base::Sha256Digest sha256;
};

// Trust material that was read once and serves many verifications. Immutable after reading;
// cheap to copy, and shared by processes that are forked from its reader's.
class PreparedTrust {
 public:
  // Opens the bytes: lists and certificates as in VerifyRequest::trust. What cannot be used is
  // left out, as there. `at` chooses among lists of one territory.
  static PreparedTrust Read(const std::vector<NamedBytes>& trust, base::Time at);

  struct Content;
  const Content& content() const { return *content_; }
  const TrustSnapshot& snapshot() const;

 private:
  std::shared_ptr<const Content> content_;
};

struct VerifyRequest {
  std::string name;                // File name without folders.
  base::ByteSpan document;         // Borrowed, as all bytes here, for the call.
  std::string policy = "eu-ades";  // Name of a shipped policy, or of `policy_text`.
  // A policy of the caller's own in the JSON of policy.h. Empty: the shipped one is meant.
  std::string policy_text{};
  const Policy* whole_policy = nullptr;  // Instead of both, under the name `policy`; borrowed.
  std::vector<NamedBytes> trust;
  std::shared_ptr<const PreparedTrust> prepared_trust{};  // Instead of `trust`, if any.
  std::vector<NamedBytes> data;
  std::vector<NamedDigest> digests;
  std::vector<NamedBytes> evidence_records{};  // Beside the document, about it and the data.
  base::Time at;
  base::Language language = base::Language::kEnglish;
  SignatureMemory* memory = nullptr;  // Of checked_signatures.h; nullptr: nothing is remembered.
  // False: without "checks", "notes" and "whatWouldChangeIt" of the signatures, which people read
  // and no rule of ours does. All is checked all the same.
  bool explained = true;
};

// The report in the shape of DESIGN, "edocvault verify --format json". Never fails: what
// cannot be opened is a refusal in the report, with a stable code.
base::Json Verify(const VerifyRequest& request);

// Verify() of each, in their order: for many documents of one origin, as certificates that several
// of them bring are decoded once. `take` gets each report as soon as it is made, with the number
// of its request.
void VerifyEach(const std::vector<VerifyRequest>& requests,
                const std::function<void(std::size_t, const base::Json&)>& take);

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

// Verifies one document of each kind of key, made on the spot and thrown away, so that what the
// libraries fetch at first use is there. For the zygote, before its first fork and after
// PrepareVerifier(); a command that verifies once only loses by it.
void WarmUpVerifier();

}  // namespace signing
