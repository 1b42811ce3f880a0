// FindClient: from the identifier an agency knows to the opaque reference we use.
#pragma once

#include <string>

#include "api/caller.h"
#include "api/flow/record_access.h"
#include "base/clock.h"
#include "base/result.h"
#include "hsm/vault_keys.h"
#include "vault/ledger.h"

namespace api {

struct ClientLookup {
  std::string identifier;  // 3 to 64 of A-Z a-z 0-9 and : . _ -, such as "PK:010190-10006".
  bool create = false;     // Register the client when unknown; agencies only.
};

// Thread-safe if its parts are. Borrows them; they must outlive it.
class FindClient {
 public:
  FindClient(RecordAccess& record_access, vault::Ledger& ledger, hsm::VaultKeys& keys,
             const base::Clock& clock)
      : record_access_(record_access), ledger_(ledger), keys_(keys), clock_(clock) {}

  // The identifier itself is stored nowhere: only its MAC under a key in the token. That
  // the platform learnt who is a client is recorded before it is told.
  // kNotFound "client.unknown", kInvalidInput "client.bad-identifier",
  // kDenied "caller.wrong-role" when the platform asks to create.
  base::Result<vault::ClientId> Run(const Reading& reading, const ClientLookup& lookup);

 private:
  base::Result<vault::ClientId> Register(const Caller& caller, const base::Sha256Digest& alias);

  RecordAccess& record_access_;
  vault::Ledger& ledger_;
  hsm::VaultKeys& keys_;
  const base::Clock& clock_;
};

// A reference of a client that exists. kNotFound "client.unknown" otherwise.
base::Result<vault::ClientId> KnownClient(const vault::Ledger& ledger, std::string_view reference);

}  // namespace api
