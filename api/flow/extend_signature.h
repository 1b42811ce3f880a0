// ExtendSignature: a signature, anybody's, gets what proves it for longer.
#pragma once

#include "api/flow/evidence_desk.h"
#include "api/flow/seal_order.h"
#include "api/inspector.h"
#include "base/clock.h"
#include "base/result.h"
#include "signing/unsigned_properties.h"

namespace api {

// Thread-safe if its parts are. Borrows them; they must outlive it.
class ExtendSignature {
 public:
  ExtendSignature(Inspector& inspector, EvidenceDesk& desk, const base::Clock& clock)
      : inspector_(inspector), desk_(desk), clock_(clock) {}

  struct Order {
    base::ByteSpan document;  // A container, or XML.
    signing::SignatureSelector target{};
    SignatureLevel level = SignatureLevel::kLTA;
    std::vector<base::Bytes> issuers{};  // DER of issuers that are known beside the document.
  };

  // The document with the signature at that level; every byte that was there before stays, in
  // its signature file behind what is added. At LTA already, it gets one more archive time-stamp.
  //
  // Errors: those of the parts, and kInvalidInput
  //   "extend.broken"          it is TOTAL-FAILED, or the document is refused: nothing mends that
  //   "extend.expired"         its certificate has expired or is revoked, and nothing proves that
  //                            it was made before
  //   "extend.already"         it has that level, which is not LTA
  //   kInternal "release.refused" our verifier did not pass what we made
  base::Result<base::Bytes> Run(const Order& order);

  // As Run(), for a signature that the caller has just made and will verify itself.
  base::Result<base::Bytes> Lengthen(const Order& order);

 private:
  base::Result<signing::Extended> Step(const Order& order, base::ByteSpan document,
                                       std::vector<std::string> properties,
                                       signing::NextTimestamp next);
  base::Result<signing::ValidationData> Gather(const signing::SignatureSurvey& survey,
                                               const std::vector<base::Bytes>& issuers);

  Inspector& inspector_;
  EvidenceDesk& desk_;
  const base::Clock& clock_;
};

}  // namespace api
