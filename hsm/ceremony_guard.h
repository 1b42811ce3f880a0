// CeremonyGuard: nothing is done to a key unless enough custodians approved exactly that, once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "hsm/ceremony.h"
#include "hsm/ceremony_log.h"

namespace hsm {

inline constexpr std::string_view kCeremonyType = "edocvault-ceremony+jwt";

// Not thread-safe: ceremonies are one at a time.
class CeremonyGuard {
 public:
  // `token` is the label of the token that is acted on; `clock` outlives this.
  CeremonyGuard(CeremonyRules rules, std::string vault, std::string token, const base::Clock& clock)
      : rules_(std::move(rules)),
        vault_(std::move(vault)),
        token_(std::move(token)),
        log_(rules_.log),
        clock_(clock) {}

  // Calls `work()`, once, and gives its result, when `act` is approved. The log has a line of it
  // before, and one of what came of it after.
  //
  // Errors besides those of `work`, which was not called:
  //   kInvalidInput "approval.malformed", "ceremony.malformed"
  //   kDenied "ceremony.too-few"       fewer custodians than the quorum; one counts once
  //   kDenied "ceremony.not-custodian" an approval is signed by nobody registered
  //   kDenied "ceremony.other-order"   the approvals are of another act, token or vault, or
  //                                    of two orders
  //   kDenied "approval.expired", "approval.too-long"
  //   kConflict "ceremony.used"        that order was carried out before
  //   kUnavailable "disk.unwritable", kCorrupted "ceremony.log-damaged"
  template <typename Work>
  auto Perform(const CeremonyAct& act, const std::vector<std::string>& approvals, Work work)
      -> decltype(work()) {
    ASSIGN_OR_RETURN(const std::string nonce, Begin(act, approvals));
    auto result = work();
    // Begun and not known to have ended, it is not done again: the safe side.
    const auto ended = log_.End(nonce, result.ok() ? "" : result.error().reason, clock_.Now());
    if (!ended.ok()) base::LogError("ceremony.not-logged", ended.error());
    return result;
  }

 private:
  base::Result<std::string> Begin(const CeremonyAct& act,
                                  const std::vector<std::string>& approvals);
  base::Status CheckOrder(const CeremonyOrder& order, const CeremonyAct& act) const;

  const CeremonyRules rules_;
  const std::string vault_;
  const std::string token_;
  CeremonyLog log_;
  const base::Clock& clock_;
};

}  // namespace hsm
