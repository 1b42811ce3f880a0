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

// A document whose read is on record, and which may now be read.
struct OpenedDocument {
  vault::StoredRecord record;
  base::Json metadata;
  base::Secret content_key;

  std::uint64_t size() const;
  std::string sha256() const;  // Hexadecimal.
};

struct WholeDocument {
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

  // The read is recorded first, once, under the word `what`.
  base::Result<OpenedDocument> Open(const Reading& reading, std::string_view id,
                                    std::string_view what);
  // Pieces of at most 64 KiB; errors as vault::Segments::ReadInto() and ReadRange().
  base::Status Read(const OpenedDocument& document, std::uint64_t offset, std::uint64_t length,
                    const base::PieceSink& sink) const;

  // All of it in memory. Besides: kInvalidInput "document.too-large" beyond kMostInMemory.
  static constexpr std::uint64_t kMostInMemory = std::uint64_t{64} << 20U;
  base::Result<WholeDocument> Run(const Reading& reading, std::string_view id,
                                  std::string_view what);

 private:
  base::Result<vault::StoredRecord> Find(const Caller& caller, std::string_view id) const;

  RecordAccess& record_access_;
  vault::Ledger& ledger_;
  vault::Segments& segments_;
  RecordKeys& keys_;
};

}  // namespace api
