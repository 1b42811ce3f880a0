// DocumentReceipt: proves offline, to whoever holds it, that the vault took the document.
#pragma once

#include <string>
#include <vector>

#include "api/caller.h"
#include "api/flow/endorse_checkpoint.h"
#include "api/flow/publish_checkpoint.h"
#include "api/flow/read_document.h"
#include "base/result.h"
#include "vault/ledger.h"

namespace api {

// Thread-safe if its parts are. Borrows them; they must outlive it.
class DocumentReceipt {
 public:
  DocumentReceipt(ReadDocument& read_document, PublishCheckpoint& publish,
                  const EndorseCheckpoint& endorse, vault::Ledger& ledger)
      : read_document_(read_document), publish_(publish), endorse_(endorse), ledger_(ledger) {}

  struct Given {
    std::string text;                  // docs/formats/receipt.md
    std::vector<std::string> pending;  // Witnesses that have not cosigned; "timestamp".
  };
  // A receipt proves the document from the first; what is pending may be in it when it is asked for
  // again. Its salt lets whoever guesses the
  // document prove the guess, so a read by the platform is recorded, as that of an entry is.
  // kNotFound "document.unknown".
  base::Result<Given> Run(const Reading& reading, std::string_view id);

 private:
  ReadDocument& read_document_;
  PublishCheckpoint& publish_;
  const EndorseCheckpoint& endorse_;
  vault::Ledger& ledger_;
};

}  // namespace api
