// Evidence bundle: everything that one verification rests on, in one file, and the proof that it
// does: run again from the bundle alone it gives the same facts and the same verdict, byte for
// byte (docs/formats/evidence-bundle.md).
//
// What opens untrusted bytes runs inside hardening's walls and gives back bytes; what runs
// outside reads only those, strictly. No disk, no network, no clock.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "signing/verifier.h"

namespace signing {

// What CollectEvidence() found, read back outside the walls.
struct CollectedEvidence {
  std::string facts;   // "edocvault.facts/1", canonical.
  std::string report;  // As `verify --format json` prints it.

  struct Member {
    std::string name;
    base::Bytes bytes;
  };
  std::vector<Member> members;  // All that the run made, these two included.
};

// The request with SHA-256 digests in place of detached data: what a bundle holds that leaves the
// data with its owner. Verified as such, because less may be known of such data.
VerifyRequest WithDigestsOnly(VerifyRequest request);

// INSIDE THE WALLS. Verifies and collects. `request.prepared_trust` is not for this.
base::Bytes CollectEvidence(const VerifyRequest& request);

// Errors: those of the run ("policy.malformed", "policy.unknown", "json.malformed"), and
// kInternal "bundle.malformed" when `collected` is nothing that CollectEvidence() gives.
base::Result<CollectedEvidence> ReadCollected(base::ByteSpan collected);

// Hands over the bundle in pieces: the same bytes for the same request and evidence. Opens
// nothing, so it may run outside the walls.
//
// Errors, all kInvalidInput; nothing was handed over:
//   "bundle.too-large"  beyond 4 GiB or 10,000 members
//   "bundle.bad-name"   an input's name is not UTF-8, or an own policy has a shipped one's name
base::Status WriteBundle(const VerifyRequest& request, const CollectedEvidence& evidence,
                         const std::function<void(base::ByteSpan)>& take);

struct Replay {
  std::string facts;   // Of the run now, which are those of the bundle.
  std::string report;  // Likewise; the engine's version in it is the bundle's.
  std::string engine_version;
  std::vector<std::string> remarks;  // Reasons with a sentence in base/error_text.h.
};

// INSIDE THE WALLS. Opens the bundle, verifies again and compares.
base::Bytes ReplayBundle(base::ByteSpan bundle);

// What ReplayBundle() gave.
//
// Errors:
//   kInvalidInput "zip.*", "bundle.malformed", "bundle.schema", "bundle.member-missing",
//     "bundle.member-unknown", "bundle.member-digest", "bundle.policy", "policy.malformed"
//                                the file is no bundle, and nothing was verified
//   kCorrupted "bundle.differs"  which member and the JSON pointer of the first difference
base::Result<Replay> ReadReplay(base::ByteSpan replayed);

}  // namespace signing
