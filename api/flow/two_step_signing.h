// TwoStepSigning: a signature whose value is made elsewhere, by a card, a phone or another's HSM.
//
// Prepare() says what is to be signed and remembers everything; Complete() takes the value. In
// between nothing can change: the state is immutable, and the value fits it or is refused.
#pragma once

#include <string>
#include <vector>

#include "api/caller.h"
#include "api/flow/extend_signature.h"
#include "api/flow/prepared_store.h"
#include "api/flow/seal_order.h"

namespace api {

// Thread-safe if its parts are. Borrows them; they must outlive it.
class TwoStepSigning {
 public:
  TwoStepSigning(Inspector& inspector, ExtendSignature& extend, PreparedStore& store,
                 const base::Clock& clock)
      : inspector_(inspector), extend_(extend), store_(store), clock_(clock) {}

  struct Signer {
    base::Bytes certificate;           // DER.
    std::vector<base::Bytes> issuers;  // DER, nearest first; may be empty.
  };
  struct Prepared {
    std::string id;
    std::string signed_info;  // What is to be signed: its bytes, digested by the algorithm.
    hsm::SignatureAlgorithm algorithm;
    base::Time expires;
  };

  // `order.key` is not used. Errors: those of RequireUsable(), FindSigningPlace() and
  // PreparedStore::Put(), and kInvalidInput
  //   "seal.other-algorithm" the certificate's key is of no kind that signs here, or not of the
  //                          algorithm asked for
  //   "sign.needs-documents" as SignDocument
  base::Result<Prepared> Prepare(const Caller& caller, const SealOrder& order,
                                 const DocumentsToSeal& input, const Signer& signer);

  // `value`: the RSA block, r || s, or the 64 bytes of RFC 8032. The same value may come again,
  // for an answer that was lost; no other one after it.
  //
  // Errors: those of ExtendSignature, and
  //   kNotFound "prepared.unknown"       none such, too old, or another caller's
  //   kInvalidInput "complete.wrong-value" the value is not that certificate's over what was
  //   prepared kConflict "prepared.completed"     another value has completed it kInternal
  //   "release.refused"        our verifier did not pass what we made
  base::Result<base::Bytes> Complete(const Caller& caller, const std::string& id,
                                     base::ByteSpan value);

 private:
  Inspector& inspector_;
  ExtendSignature& extend_;
  PreparedStore& store_;
  const base::Clock& clock_;
};

}  // namespace api
