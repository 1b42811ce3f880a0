// ClientHistory: what passed between a client and public bodies, newest first, and who looked.
#pragma once

#include <optional>
#include <string>

#include "api/caller.h"
#include "api/flow/record_access.h"
#include "api/flow/record_keys.h"
#include "base/json.h"
#include "base/result.h"
#include "vault/ledger.h"

namespace api {

struct HistoryOrder {
  std::string client;                                     // Opaque reference.
  vault::RecordKind kind = vault::RecordKind::kDocument;  // Or kAccess: who looked.
  std::optional<std::string> cursor;                      // From the page before.
  std::size_t limit = 50;                                 // 1 to 100.
};

// Thread-safe if its parts are. Borrows them; they must outlive it.
class ClientHistory {
 public:
  ClientHistory(RecordAccess& record_access, vault::Ledger& ledger, RecordKeys& keys)
      : record_access_(record_access), ledger_(ledger), keys_(keys) {}

  // {"client", "items":[...], "next": cursor|null}. The read is recorded first.
  // kDenied "caller.wrong-role" unless the platform asks; kNotFound "client.unknown";
  // kInvalidInput "page.bad-cursor", "page.bad-limit".
  base::Result<base::Json> Run(const Reading& reading, const HistoryOrder& order);

 private:
  base::Result<base::Json> Items(const std::vector<vault::StoredRecord>& records);

  RecordAccess& record_access_;
  vault::Ledger& ledger_;
  RecordKeys& keys_;
};

}  // namespace api
