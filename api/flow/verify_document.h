// VerifyDocument: is a stored document genuine? The same verifier as the command line's.
#pragma once

#include "api/flow/read_document.h"
#include "api/inspector.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace api {

// Thread-safe if its parts are. Borrows them; they must outlive it.
class VerifyDocument {
 public:
  VerifyDocument(ReadDocument& read_document, Inspector& inspector, const base::Clock& clock)
      : read_document_(read_document), inspector_(inspector), clock_(clock) {}

  // The report names signers, so it is a read like any other.
  base::Result<base::Json> Run(const Reading& reading, std::string_view id,
                               base::Language language);

 private:
  ReadDocument& read_document_;
  Inspector& inspector_;
  const base::Clock& clock_;
};

}  // namespace api
