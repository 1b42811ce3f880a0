// EvidenceDesk: gets what proves a signature later from the services outside: time-stamps and
// certificate status. Answers are opened in the inspector.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "api/inspector.h"
#include "api/outbound/courier.h"
#include "base/clock.h"
#include "base/result.h"
#include "signing/evidence.h"

namespace api {

// Whose timestamps are used. Anybody can make a timestamp; only these may stand in our seals.
struct TimestampTrust {
  std::vector<std::string> tsa_certificates;  // SHA-256 in hexadecimal. None: no timestamp is used.
  std::chrono::seconds skew{300};             // genTime is at most this far from our clock.
  // Services of the configuration, in the order in which they are asked.
  std::vector<std::string> tsas{"tsa"};
  std::vector<std::string> responders{"ocsp"};
};

// The names of the courier's services that begin so: "tsa", "tsa-2", ... in order.
std::vector<std::string> ServicesOf(const std::map<std::string, std::string>& services,
                                    const std::string& kind);

// Thread-safe if its parts are. Borrows them; they must outlive it.
class EvidenceDesk {
 public:
  EvidenceDesk(Inspector& inspector, Outbound& outbound, const TimestampTrust& trust,
               const base::Clock& clock)
      : inspector_(inspector), outbound_(outbound), trust_(trust), clock_(clock) {}

  // Each TSA is asked until one gives a good answer; one that failed is asked last for a while.
  // The error is the last one's: those of Outbound and ReadTimestampResponse(), and kUnavailable
  //   "timestamp.other-tsa"  the answer is by a TSA that is not configured
  //   "timestamp.wrong-time" its time is too far from ours
  base::Result<signing::TimestampAnswer> Timestamp(const base::Sha256Digest& imprint);

  // The status of a certificate at or after `proven`. Errors: those of Outbound and
  // ReadOcspResponse(); "ocsp.revoked" and "ocsp.refused" are final, other responders are not
  // asked then.
  base::Result<signing::OcspAnswer> Status(base::ByteSpan certificate, base::ByteSpan issuer,
                                           base::Time proven);

 private:
  base::Result<signing::TimestampAnswer> AskTsa(const std::string& service,
                                                const base::Sha256Digest& imprint);
  base::Result<signing::OcspAnswer> AskResponder(const std::string& service,
                                                 base::ByteSpan certificate, base::ByteSpan issuer,
                                                 base::Time proven);
  // Those that failed lately stand last.
  std::vector<std::string> InOrder(const std::vector<std::string>& services);
  void Note(const std::string& service, bool good);

  Inspector& inspector_;
  Outbound& outbound_;
  const TimestampTrust& trust_;
  const base::Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, base::Time> resting_;  // Until when a service is asked last.
};

}  // namespace api
