// SignDocument: documents go in, a sealed .edoc comes out, or nothing.
#pragma once

#include <string>

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
};

// Thread-safe if its parts are. Borrows them; they must outlive it.
class SignDocument {
 public:
  SignDocument(hsm::Signer& signer, Inspector& inspector, Outbound& outbound,
               const base::Clock& clock)
      : signer_(signer), inspector_(inspector), outbound_(outbound), clock_(clock) {}

  // `container` is an unsigned ASiC-E container with the documents.
  //
  // Errors: those of the parts, and
  //   kDenied "key.not-yours"       the caller may not use that key
  //   kInternal "release.refused"   our verifier did not pass what we made: it is not released
  base::Result<base::Bytes> Run(const Caller& caller, const SealOrder& order,
                                base::ByteSpan container);

 private:
  base::Result<signing::Evidence> Prove(const signing::PreparedSignature& prepared,
                                        const hsm::Seal& seal, SignatureLevel level,
                                        const hsm::SealingCertificate& certificate);
  base::Result<signing::TimestampAnswer> Timestamp(const base::Sha256Digest& imprint);
  base::Result<signing::OcspAnswer> AskStatus(base::ByteSpan certificate, base::ByteSpan issuer);
  base::Status RequireReleasable(base::ByteSpan container, SignatureLevel level,
                                 const hsm::SealingCertificate& certificate);

  hsm::Signer& signer_;
  Inspector& inspector_;
  Outbound& outbound_;
  const base::Clock& clock_;
};

}  // namespace api
