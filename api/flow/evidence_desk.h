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
  std::vector<std::string> crls{};  // As the courier knows them.
  // So many time-stamps are asked of a TSA in an hour, by what was agreed with it. Others: any
  // number.
  std::map<std::string, std::uint32_t> hourly{};
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

  // An answer about a certificate is used again for so long, for what it covered.
  static constexpr std::chrono::seconds kFresh{60};

  // Each TSA is asked until one gives a good answer, but one whose quota is spent; one that failed
  // is asked last for a while, for longer each time. The error is the last one's: those of Outbound
  // and ReadTimestampResponse(), and kUnavailable
  //   "timestamp.other-tsa"  the answer is by a TSA that is not configured
  //   "timestamp.wrong-time" its time is too far from ours
  //   "timestamp.quota-spent" more may be asked in the next hour
  base::Result<signing::TimestampAnswer> Timestamp(const base::Sha256Digest& imprint);

  // The status of a certificate at or after `proven`. Errors: those of Outbound and
  // ReadOcspResponse(); "ocsp.revoked" and "ocsp.refused" are final, other responders are not
  // asked then.
  base::Result<signing::OcspAnswer> Status(base::ByteSpan certificate, base::ByteSpan issuer,
                                           base::Time proven);

  // For certificates that no responder answers for: the revocation list, of those of the
  // configuration, that clears the certificate and was made at or after `proven`.
  //
  // Errors: those of Outbound; kNotFound "courier.not-configured" when none is its issuer's;
  // kInvalidInput "crl.revoked"; kUnavailable "crl.stale", "crl.too-old".
  base::Result<base::Bytes> Crl(base::ByteSpan certificate, base::ByteSpan issuer,
                                base::Time proven);

 private:
  base::Result<base::Bytes> FetchCrl(const std::string& name);
  base::Result<signing::TimestampAnswer> AskTsa(const std::string& service,
                                                const base::Sha256Digest& imprint);
  base::Result<signing::OcspAnswer> AskResponder(const std::string& service,
                                                 base::ByteSpan certificate, base::ByteSpan issuer,
                                                 base::Time proven);
  // Those that failed lately stand last.
  std::vector<std::string> InOrder(const std::vector<std::string>& services);
  void Note(const std::string& service, bool good);
  // Takes one of the hour's quota.
  bool IsWithinQuota(const std::string& service);

  Inspector& inspector_;
  Outbound& outbound_;
  const TimestampTrust& trust_;
  const base::Clock& clock_;
  std::mutex mutex_;
  struct Rest {
    base::Time until;  // It is asked last till then.
    std::chrono::seconds length;
  };
  std::map<std::string, Rest> resting_;  // By service.
  struct Asked {
    std::chrono::sys_time<std::chrono::hours> hour;
    std::uint32_t count = 0;
  };
  std::map<std::string, Asked> asked_;  // By service.
  struct Known {
    signing::OcspAnswer answer;
    base::Time covers;  // Status is known at this time and before.
    base::Time until;
  };
  std::map<base::Sha256Digest, Known> known_;  // By certificate and issuer.
  struct Fetched {
    base::Bytes crl;
    base::Time until;
  };
  std::map<std::string, Fetched> fetched_;  // By name.
};

}  // namespace api
