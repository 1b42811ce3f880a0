// RecordAccess: nobody reads personal data without an entry that says who and why.
#pragma once

#include <string>

#include "api/caller.h"
#include "api/flow/record_keys.h"
#include "base/clock.h"
#include "base/result.h"
#include "vault/ledger.h"

namespace api {

class RecordAccess {
 public:
  RecordAccess(vault::Ledger& ledger, RecordKeys& keys, const base::Clock& clock)
      : ledger_(ledger), keys_(keys), clock_(clock) {}

  // When this returns ok, the read is on record; only then may it be answered.
  // `subject` is the document read, or all zero for the history; `what` is a stable word.
  // kInvalidInput "access.purpose-required".
  base::Status Run(const Reading& reading, const vault::ClientId& client,
                   const vault::RecordId& subject, std::string_view what);

 private:
  vault::Ledger& ledger_;
  RecordKeys& keys_;
  const base::Clock& clock_;
};

}  // namespace api
