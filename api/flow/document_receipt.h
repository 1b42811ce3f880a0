// DocumentReceipt: proves offline, to whoever holds it, that the vault took the document.
#pragma once

#include <string>

#include "api/caller.h"
#include "api/flow/publish_checkpoint.h"
#include "api/flow/read_document.h"
#include "base/result.h"
#include "vault/ledger.h"

namespace api {

// Thread-safe if its parts are. Borrows them; they must outlive it.
class DocumentReceipt {
 public:
  DocumentReceipt(ReadDocument& read_document, PublishCheckpoint& publish, vault::Ledger& ledger)
      : read_document_(read_document), publish_(publish), ledger_(ledger) {}

  // The text of the receipt (docs/formats/receipt.md). Its salt lets whoever guesses the
  // document prove the guess, so a read by the platform is recorded, as that of an entry is.
  // kNotFound "document.unknown".
  base::Result<std::string> Run(const Reading& reading, std::string_view id);

 private:
  ReadDocument& read_document_;
  PublishCheckpoint& publish_;
  vault::Ledger& ledger_;
};

}  // namespace api
