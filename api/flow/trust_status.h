// TrustStatus: what the service trusts, how old it is, and whether that will do.
#pragma once

#include "api/config.h"
#include "api/flow/fetch_trust.h"
#include "api/inspector.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace api {

// Thread-safe if its parts are. Borrows them; they must outlive it. Reads JSON facts alone: what
// is in a list is read in the inspector.
class TrustStatus {
 public:
  // `config`: nullptr when no trust is configured.
  TrustStatus(const TrustConfig* config, Inspector& inspector, const FetchTrust& fetch,
              const base::Clock& clock)
      : config_(config), inspector_(inspector), fetch_(fetch), clock_(clock) {}

  // {"schema":"edocvault.trust-status/1","configured","snapshot","created","source","ageDays",
  //  "state":"fresh|expiring|expired|absent|none","nextExpiry","lists","certificates","services",
  //  "findings","older","rejected","fetch","warnings":[{"code","message"}]}
  base::Result<base::Json> Report(base::Language language);

  // Ok without [trust]: then nobody counts on it. Errors of readiness:
  //   kUnavailable "trust.unready"  no snapshot holds: missing, damaged or not verified
  //   kUnavailable "trust.stale"    it expires within unready_days
  base::Status RequireReady();

 private:
  const TrustConfig* config_;
  Inspector& inspector_;
  const FetchTrust& fetch_;
  const base::Clock& clock_;
};

}  // namespace api
