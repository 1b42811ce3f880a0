#include "cli/ceremony_order.h"

#include <chrono>
#include <utility>

#include "base/clock.h"
#include "base/file.h"

namespace cli {
namespace {

constexpr std::size_t kMaxFile = std::size_t{64} * 1024;

}  // namespace

base::Result<RoleProcess> StartProvisioner(const Home& home, const std::string& token) {
  return RoleProcess::StartRole(home.daemon_config(), "provisioner:" + token, home.log());
}

base::Json ShownOrder(const char* done, const std::string& file, const hsm::CeremonyOrder& order) {
  return base::Json()
      .Set("done", done)
      .Set("file", file)
      .Set("order", hsm::ToJson(order))
      .Set("until", base::FormatTime(order.expires));
}

base::Result<base::Json> DraftOrder(hsm::KeyholderClient& token, const hsm::CeremonyAct& act,
                                    const std::string& file, std::uint32_t hours) {
  ASSIGN_OR_RETURN(const auto facts, token.Describe());
  const hsm::CeremonyOrder order = hsm::NewOrder(
      facts.vault, facts.label, act, base::SystemClock().Now() + std::chrono::hours(hours));
  const std::string text = hsm::ToJson(order).DumpIndented() + "\n";
  RETURN_IF_ERROR(base::ReplaceFile(file, base::AsBytes(text), 0644));
  return ShownOrder("drafted", file, order);
}

base::Result<std::vector<std::string>> ReadApprovals(const std::vector<std::string>& files) {
  std::vector<std::string> approvals;
  for (const std::string& file : files) {
    ASSIGN_OR_RETURN(const base::Bytes content, base::ReadFile(file, kMaxFile));
    std::string text = base::ToString(content);
    text.erase(text.find_last_not_of(" \r\n") + 1);
    approvals.push_back(std::move(text));
  }
  return approvals;
}

}  // namespace cli
