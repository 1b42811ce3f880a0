// erase: the keys of records go, by order of the custodians. The same verb drafts the order
// (--draft), and has the service carry it out once enough of them approved it (`key approve`).
#include <memory>
#include <string>
#include <vector>

#include "cli/api_client.h"
#include "cli/ceremony_order.h"
#include "cli/id_list.h"
#include "cli/verbs.h"
#include "vault/record.h"

namespace cli {
namespace {

using base::Json;

struct Options {
  std::string ids;
  std::string reason;
  std::string mandate;
  std::string draft;
  std::uint32_t hours = 24;
  std::vector<std::string> approvals;
  std::string profile = "operator";
};

base::Result<Json> Draft(const Common& common, const Options& options,
                         const hsm::CeremonyAct& act) {
  ASSIGN_OR_RETURN(RoleProcess provisioner, StartProvisioner(Home::Find(common.home), ""));
  hsm::KeyholderClient token{base::ChannelClient(provisioner.TakeDoor())};
  return DraftOrder(token, act, options.draft, options.hours);
}

base::Result<Json> Erase(const Common& common, const Options& options) {
  ASSIGN_OR_RETURN(const std::vector<vault::RecordId> ids, ReadIds(options.ids));
  if (!options.draft.empty())
    return Draft(common, options, hsm::ToErase(vault::ErasureCommitment(ids)));
  ASSIGN_OR_RETURN(const std::vector<std::string> approvals, ReadApprovals(options.approvals));
  Json records{Json::Array{}};
  for (const vault::RecordId& id : ids) records.Push(id.Text());
  Json approved{Json::Array{}};
  for (const std::string& approval : approvals) approved.Push(approval);
  Json order;
  order.Set("records", std::move(records));
  order.Set("reason", options.reason);
  order.Set("mandate", options.mandate);
  order.Set("approvals", std::move(approved));
  ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(Home::Find(common.home), options.profile));
  ASSIGN_OR_RETURN(const Answer answer, api.Send({.method = "POST",
                                                  .path = "/v1/erasures",
                                                  .query = {},
                                                  .headers = {{"Content-Type", "application/json"}},
                                                  .body = base::ToBytes(order.Dump())}));
  return answer.AsJson();
}

std::string ToText(const Json& answer) {
  if (const auto file = answer.Text("file")) return "drafted: " + *file;
  const Json* const complete = answer.Find("complete");
  const bool done = complete != nullptr && complete->AsBool() != nullptr && *complete->AsBool();
  return "erased; entry " + std::to_string(answer.Integer("entry").value_or(0)) +
         ", root key of generation " + std::to_string(answer.Integer("rootAfter").value_or(0)) +
         (done ? "" : "\nthe old root key is still in the token; the service goes on trying");
}

}  // namespace

void AddErase(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("erase", "Erase the keys of records, for good: four eyes");
  verb->add_option("--ids", options->ids, "File with the ids of the records, one a line")
      ->required();
  verb->add_option("--reason", options->reason, "Why; kept sealed in the ledger")->required();
  verb->add_option("--mandate", options->mandate, "By what right; likewise");
  verb->add_option("--draft", options->draft, "Only write the order to this file");
  verb->add_option("--hours", options->hours, "With --draft: how long it may be carried out")
      ->check(CLI::Range(1, 168))
      ->capture_default_str();
  verb->add_option("--approval", options->approvals, "A custodian's approval; one for each");
  verb->add_option("--profile", options->profile, "Who asks, of client.toml")
      ->capture_default_str();
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto answer = Erase(common, *options);
    exit_code = answer.ok() ? Done(common, answer.value(), ToText(answer.value()))
                            : Fail(common, answer.error());
  });
}

}  // namespace cli
