// SignDocument: documents go in, a sealed .edoc comes out, or nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "api/caller.h"
#include "api/inspector.h"
#include "api/outbound/courier.h"
#include "base/clock.h"
#include "base/result.h"
#include "hsm/signer.h"

namespace api {

enum class SignatureLevel { kB, kT, kLT };

struct SealOrder {
  hsm::KeyLabel key;
  SignatureLevel level = SignatureLevel::kT;
  std::optional<hsm::SignatureAlgorithm> algorithm{};  // nullopt: what goes with the key.
};

// What is to be sealed: an unsigned ASiC-E container. `documents` is given when the container
// was written here; otherwise an inspector lists them.
struct DocumentsToSeal {
  base::ByteSpan container;
  std::vector<signing::DocumentDigest> documents{};
};

// Whose timestamps are used. Anybody can make a timestamp; only these may stand in our seals.
struct TimestampTrust {
  std::vector<std::string> tsa_certificates;  // SHA-256 in hexadecimal. None: no timestamp is used.
  std::chrono::seconds skew{300};             // genTime is at most this far from our clock.
};

// kDenied "key.not-yours" unless the caller was registered for that key.
base::Status RequireOwnKey(const Caller& caller, const hsm::KeyLabel& key);

// Thread-safe if its parts are. Borrows them; they must outlive it.
class SignDocument {
 public:
  SignDocument(hsm::Signer& signer, Inspector& inspector, Outbound& outbound,
               const TimestampTrust& trust, const base::Clock& clock)
      : signer_(signer), inspector_(inspector), outbound_(outbound), trust_(trust), clock_(clock) {}

  // Errors: those of the parts, and
  //   kDenied "key.not-yours"            the caller may not use that key
  //   kUnavailable "timestamp.other-tsa" the answer is by a TSA that is not configured
  //   kUnavailable "timestamp.wrong-time" its time is too far from ours
  //   kInternal "release.refused"        our verifier did not pass what we made
  base::Result<base::Bytes> Run(const Caller& caller, const SealOrder& order,
                                const DocumentsToSeal& input);

 private:
  base::Result<signing::Evidence> Prove(const signing::PreparedSignature& prepared,
                                        const hsm::Seal& seal, SignatureLevel level,
                                        const hsm::SealingCertificate& certificate);
  void AddTsaStatus(const signing::TimestampAnswer& timestamp, signing::Evidence& evidence);
  base::Result<signing::TimestampAnswer> Timestamp(const base::Sha256Digest& imprint);
  base::Result<signing::OcspAnswer> AskStatus(base::ByteSpan certificate, base::ByteSpan issuer,
                                              base::Time proven);

  hsm::Signer& signer_;
  Inspector& inspector_;
  Outbound& outbound_;
  const TimestampTrust& trust_;
  const base::Clock& clock_;
};

}  // namespace api
