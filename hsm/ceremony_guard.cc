#include "hsm/ceremony_guard.h"

#include <optional>
#include <set>

#include "base/digest.h"
#include "hsm/jws.h"

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kMostApprovals = 16;

Error Denied(const char* reason, std::string what) {
  return {ErrorCode::kDenied, reason, std::move(what)};
}

}  // namespace

base::Status CeremonyGuard::CheckOrder(const CeremonyOrder& order, const CeremonyAct& act) const {
  if (order.vault != vault_ || order.token != token_ || !(order.act == act))
    return Denied("ceremony.other-order", order.act.action + " " + order.act.key.text);
  const base::Time now = clock_.Now();
  if (order.expires <= now) return Denied("approval.expired", order.nonce);
  if (order.expires > now + CeremonyOrder::kLongest)
    return Denied("approval.too-long", order.nonce);
  return base::Ok();
}

base::Result<std::string> CeremonyGuard::Begin(const CeremonyAct& act,
                                               const std::vector<std::string>& approvals) {
  CeremonyOrder order = NewOrder(vault_, token_, act, clock_.Now());  // Without any custodians.
  std::set<std::size_t> signers;
  for (std::size_t i = 0; i < approvals.size() && i < kMostApprovals; ++i) {
    const auto opened = OpenJws(approvals[i], kCeremonyType, rules_.custodians);
    if (!opened.ok() && opened.error().reason == "approval.wrong-signature")
      return Denied("ceremony.not-custodian", "approval " + std::to_string(i + 1));
    if (!opened.ok()) return opened.error();
    ASSIGN_OR_RETURN(CeremonyOrder approved, CeremonyOrderFrom(opened.value().claims));
    RETURN_IF_ERROR(CheckOrder(approved, act));
    if (!signers.empty() && approved.nonce != order.nonce)
      return Denied("ceremony.other-order", "the approvals are of two orders");
    signers.insert(opened.value().signer);
    order = std::move(approved);
  }
  if (signers.size() < rules_.quorum)
    return Denied("ceremony.too-few", std::to_string(signers.size()) + " of " +
                                          std::to_string(rules_.quorum) + " custodians");
  std::vector<std::string> custodians;
  for (const std::size_t signer : signers)
    custodians.push_back(base::HexEncode(base::Sha256(rules_.custodians[signer]).bytes));
  RETURN_IF_ERROR(log_.Begin(order, custodians, clock_.Now()));
  return order.nonce;
}

}  // namespace hsm
