// ReadDocument: a stored document and what is known of it, for those who may see it.
#pragma once

#include "api/caller.h"
#include "api/flow/record_access.h"
#include "api/flow/record_keys.h"
#include "base/json.h"
#include "base/result.h"
#include "vault/ledger.h"
#include "vault/segments.h"

namespace api {

struct OpenedDocument {
  vault::StoredRecord record;
  base::Json metadata;
  base::Bytes bytes;
};

// Thread-safe if its parts are. Borrows them; they must outlive it.
class ReadDocument {
 public:
  ReadDocument(RecordAccess& record_access, vault::Ledger& ledger, vault::Segments& segments,
               RecordKeys& keys)
      : record_access_(record_access), ledger_(ledger), segments_(segments), keys_(keys) {}

  // An agency sees its own documents; the platform sees all, by purpose. What one may not
  // see does not exist: kNotFound "document.unknown".
  //
  // The ledger entry alone, which ties a client to an agency and a time. An agency reads its
  // own entries freely; the platform's read is recorded first.
  base::Result<vault::StoredRecord> Entry(const Reading& reading, std::string_view id);

  // Metadata only, for the receipt's salt: stays inside, never answered as it is.
  base::Result<base::Json> Metadata(const vault::StoredRecord& record) const;

  // All of it; the read is recorded first under the word `what`.
  base::Result<OpenedDocument> Run(const Reading& reading, std::string_view id,
                                   std::string_view what);

 private:
  base::Result<vault::StoredRecord> Find(const Caller& caller, std::string_view id) const;

  RecordAccess& record_access_;
  vault::Ledger& ledger_;
  vault::Segments& segments_;
  RecordKeys& keys_;
};

}  // namespace api
