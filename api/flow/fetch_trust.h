// FetchTrust: newer lists come from their publishers into the store.
//
// The courier gets each list by its name in the configuration: nothing that a list says, its
// pointers to others among them, leads to an address. The inspector verifies and imports all of
// them or none; until then the snapshot in use stays.
#pragma once

#include <mutex>
#include <string>

#include "api/config.h"
#include "api/inspector.h"
#include "api/outbound/courier.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace api {

// Thread-safe; one fetch runs at a time. Borrows its parts; they must outlive it.
class FetchTrust {
 public:
  // `config`: nullptr when no trust is configured.
  FetchTrust(const TrustConfig* config, Outbound& outbound, Inspector& inspector,
             const base::Clock& clock)
      : config_(config), outbound_(outbound), inspector_(inspector), clock_(clock) {}

  bool has_sources() const { return config_ != nullptr && !config_->lists.empty(); }

  // What Inspector::ImportTrust() answers. Errors: its own, and
  //   kNotFound "trust.not-configured"   there are no sources
  //   kConflict "trust.fetch-running"    another fetch runs
  //   kUnavailable "courier.no-answer"   a list could not be had
  base::Result<base::Json> Run();

  // {"last": when one was last tried, "succeeded": when one last did, "failures": in a row,
  //  "code": of the last failure or null}; null without sources.
  base::Json Status() const;

  // Failures in a row.
  int failures() const;

 private:
  base::Result<base::Json> Fetch();

  const TrustConfig* config_;
  Outbound& outbound_;
  Inspector& inspector_;
  const base::Clock& clock_;

  std::mutex running_;
  mutable std::mutex mutex_;  // Of what follows.
  std::optional<base::Time> last_;
  std::optional<base::Time> succeeded_;
  int failures_ = 0;
  std::string code_;
};

}  // namespace api
