// SignDocument: documents go in, a signature comes out, or nothing.
#pragma once

#include "api/caller.h"
#include "api/flow/extend_signature.h"
#include "api/flow/seal_order.h"
#include "api/inspector.h"
#include "base/clock.h"
#include "base/result.h"
#include "hsm/signer.h"

namespace api {

// kDenied "key.not-yours" unless the caller was registered for that key.
base::Status RequireOwnKey(const Caller& caller, const hsm::KeyLabel& key);

// kInvalidInput "certificate.expired", "certificate.not-yet-valid", "certificate.wrong-purpose":
// what a certificate cannot be used for now, whatever key goes with it.
base::Status RequireUsable(base::ByteSpan certificate, base::Time now);

// For LT and LTA the certificate's status is asked before the token is: kNotFound
// "key.without-issuer", and those of EvidenceDesk::Status().
base::Status RequireLasting(EvidenceDesk& desk, const hsm::SealingCertificate& certificate,
                            SignatureLevel level, base::Time now);

struct SignedDocument {
  base::Bytes bytes;
  signing::SignatureSelector signature{};  // The one that was made.
  std::vector<base::Bytes> issuers{};      // Of its certificate, as the token has them.
};

// Thread-safe if its parts are. Borrows them; they must outlive it.
class SignDocument {
 public:
  SignDocument(hsm::Signer& signer, Inspector& inspector, EvidenceDesk& desk,
               ExtendSignature& extend, const base::Clock& clock)
      : signer_(signer), inspector_(inspector), desk_(desk), extend_(extend), clock_(clock) {}

  // A container with the signature; the signature alone, as XML, for documents that are known by
  // their digests, and for detached and enveloping forms.
  //
  // Everything that can be refused is refused before the token is asked: the whole is built and
  // verified with a throw-away key, and for LT and LTA the certificate's status is asked.
  //
  // Errors: those of the parts, and
  //   kDenied "key.not-yours"            the caller may not use that key
  //   kInvalidInput "certificate.*"      see RequireUsable()
  //   kInvalidInput "sign.needs-documents" LTA covers the documents themselves, not digests
  //   kInternal "release.refused"        our verifier did not pass what we made
  base::Result<SignedDocument> Run(const Caller& caller, const SealOrder& order,
                                   const DocumentsToSeal& input);

 private:
  hsm::Signer& signer_;
  Inspector& inspector_;
  EvidenceDesk& desk_;
  ExtendSignature& extend_;
  const base::Clock& clock_;
};

}  // namespace api
