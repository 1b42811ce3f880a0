// key: what is done to the keys of a token, by order of its custodians.
//
// The same verb drafts the order (--draft), and carries it out once enough custodians approved it
// (`key approve`, --approval). It starts a role of its own that holds the token: the service has
// no door to it.
#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "cli/ceremony_order.h"
#include "cli/home.h"
#include "cli/role_process.h"
#include "cli/share_file.h"
#include "cli/verbs.h"
#include "hsm/ceremony.h"
#include "hsm/keyholder.h"
#include "trust/pem.h"

namespace cli {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

constexpr std::size_t kMaxFile = std::size_t{64} * 1024;

struct Options {
  const Common* common = nullptr;
  std::string label;
  std::string other;
  std::string kind;
  hsm::CertificateSubject subject;
  std::vector<std::string> files;  // Certificates, or shares.
  std::uint32_t needed = 2;
  std::string draft;
  std::uint32_t hours = 24;
  std::vector<std::string> approvals;
  std::string token;  // Of the vault: empty.
  std::string order;
  std::string custodian_key;
  std::string out;
};

// What a verb is about to do. Exactly what is approved is what is given to the token.
struct Act {
  hsm::CeremonyAct order;
  std::function<base::Result<Json>(hsm::KeyholderClient&)> perform;
};

Json Acted(const Options& options, const char* what) {
  return Json().Set("key", options.label).Set("done", what);
}

base::Result<Json> After(const base::Status& done, Json json) {
  if (!done.ok()) return done.error();
  return json;
}

base::Result<Act> Create(const Options& options) {
  const auto kind = hsm::FindKeyKind(options.kind);
  if (!kind) return Error{ErrorCode::kInvalidInput, "key.unknown-kind", options.kind};
  const hsm::KeyLabel label{options.label};
  return Act{hsm::ToCreate(label, *kind), [&options, label, kind](hsm::KeyholderClient& token) {
               return After(token.GenerateKey(label, *kind), Acted(options, "created"));
             }};
}

base::Result<Act> Request(const Options& options) {
  const hsm::KeyLabel label{options.label};
  return Act{hsm::ToRequest(label, options.subject),
             [&options, label](hsm::KeyholderClient& token) -> base::Result<Json> {
               ASSIGN_OR_RETURN(const base::Bytes request,
                                token.CertificateRequest(label, options.subject));
               RETURN_IF_ERROR(base::ReplaceFile(options.out, request, 0644));
               return Acted(options, "requested").Set("file", options.out);
             }};
}

base::Result<Act> Import(const Options& options) {
  std::vector<base::Bytes> certificates;
  for (const std::string& file : options.files) {
    ASSIGN_OR_RETURN(base::Bytes content, base::ReadFile(file, kMaxFile));
    for (base::Bytes& der : trust::CertificatesIn(std::move(content)))
      certificates.push_back(std::move(der));
  }
  if (certificates.empty())
    return Error{ErrorCode::kInvalidInput, "certificate.malformed", "no certificate in the files"};
  const hsm::KeyLabel label{options.label};
  const base::Bytes own = certificates.front();
  certificates.erase(certificates.begin());
  return Act{hsm::ToImport(label, own, certificates),
             [&options, label, own, certificates](hsm::KeyholderClient& token) {
               return After(token.ImportCertificate(label, own, certificates),
                            Acted(options, "certified"));
             }};
}

base::Result<Act> Rotate(const Options& options) {
  const hsm::KeyLabel label{options.label};
  const hsm::KeyLabel next{options.other};
  return Act{hsm::ToRotate(label, next), [&options, label, next](hsm::KeyholderClient& token) {
               return After(token.RotateKey(label, next),
                            Acted(options, "rotated").Set("successor", next.text));
             }};
}

base::Result<Act> Retire(const Options& options) {
  const hsm::KeyLabel label{options.label};
  const hsm::KeyLabel next{options.other};
  return Act{hsm::ToRetire(label, next), [&options, label, next](hsm::KeyholderClient& token) {
               return After(token.RetireKey(label, next), Acted(options, "retired"));
             }};
}

base::Result<Act> Destroy(const Options& options) {
  const hsm::KeyLabel label{options.label};
  return Act{hsm::ToDestroy(label), [&options, label](hsm::KeyholderClient& token) {
               return After(token.DestroyKey(label), Acted(options, "destroyed"));
             }};
}

// Empty files, before there is anything to lose: a full or missing medium is found out first.
base::Status Reserve(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(file, ignored)))
      return Error{ErrorCode::kConflict, "share.exists", file};
  }
  for (const std::string& file : files) RETURN_IF_ERROR(base::ReplaceFile(file, {}, 0600));
  return base::Ok();
}

base::Result<Json> WriteShares(const std::vector<hsm::KeyShare>& shares,
                               const std::vector<std::string>& files) {
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const base::Secret text = ShareText(shares[i]);
    RETURN_IF_ERROR(base::ReplaceFile(files[i], text.Reveal(), 0600));
  }
  return Json().Set("done", "shared").Set("set", shares.front().set);
}

base::Result<Act> Share(const Options& options) {
  constexpr std::size_t kMostShares = 16;
  if (options.needed > options.files.size() || options.files.size() > kMostShares)
    return Error{ErrorCode::kInvalidInput, "share.malformed-counts",
                 std::to_string(options.needed) + " of " + std::to_string(options.files.size())};
  const hsm::ShareCounts counts{static_cast<std::uint8_t>(options.needed),
                                static_cast<std::uint8_t>(options.files.size())};
  return Act{hsm::ToShare(counts),
             [&options, counts](hsm::KeyholderClient& token) -> base::Result<Json> {
               RETURN_IF_ERROR(Reserve(options.files));
               const auto shares = token.ShareVaultKeys(counts);
               if (shares.ok() && shares.value().size() == counts.all)
                 return WriteShares(shares.value(), options.files);
               std::error_code ignored;
               for (const std::string& file : options.files) std::filesystem::remove(file, ignored);
               if (!shares.ok()) return shares.error();
               return Error{ErrorCode::kInternal, "channel.malformed", "not as many shares"};
             }};
}

base::Result<Act> Transfer(const Options& options) {
  auto shares = std::make_shared<std::vector<hsm::KeyShare>>();
  for (const std::string& file : options.files) {
    ASSIGN_OR_RETURN(base::Bytes content, base::ReadFile(file, kMaxFile));
    const base::Secret text{std::move(content)};
    ASSIGN_OR_RETURN(hsm::KeyShare share, ShareFrom(base::AsText(text.Reveal())));
    shares->push_back(std::move(share));
  }
  const std::string set = shares->front().set;
  return Act{hsm::ToTransfer(set), [set, shares](hsm::KeyholderClient& token) {
               return After(token.RestoreVaultKeys(*shares),
                            Json().Set("done", "transferred").Set("set", set));
             }};
}

using Prepare = base::Result<Act> (*)(const Options&);

base::Result<Json> Carry(const Options& options, Prepare prepare) {
  ASSIGN_OR_RETURN(const Act act, prepare(options));
  ASSIGN_OR_RETURN(std::vector<std::string> approvals, ReadApprovals(options.approvals));
  ASSIGN_OR_RETURN(RoleProcess provisioner,
                   StartProvisioner(Home::Find(options.common->home), options.token));
  hsm::KeyholderClient token{base::ChannelClient(provisioner.TakeDoor())};
  if (!options.draft.empty()) return DraftOrder(token, act.order, options.draft, options.hours);
  token.UseApprovals(std::move(approvals));
  return act.perform(token);
}

base::Result<Json> List(const Options& options) {
  ASSIGN_OR_RETURN(RoleProcess provisioner,
                   StartProvisioner(Home::Find(options.common->home), options.token));
  hsm::KeyholderClient token{base::ChannelClient(provisioner.TakeDoor())};
  ASSIGN_OR_RETURN(const std::vector<hsm::KeyFacts> keys, token.ListKeys());
  Json list{Json::Array{}};
  for (const hsm::KeyFacts& key : keys)
    list.Push(Json()
                  .Set("key", key.label.text)
                  .Set("purpose", key.purpose)
                  .Set("state", key.state)
                  .Set("fingerprint", key.fingerprint));
  return Json().Set("keys", std::move(list));
}

// Needs neither appliance nor token: for a custodian's own machine.
base::Result<Json> Approve(const Options& options) {
  ASSIGN_OR_RETURN(const base::Bytes text, base::ReadFile(options.order, kMaxFile));
  const auto json = Json::Parse(base::AsText(text));
  ASSIGN_OR_RETURN(const hsm::CeremonyOrder order,
                   hsm::CeremonyOrderFrom(json.ok() ? json.value() : Json()));
  ASSIGN_OR_RETURN(base::Bytes pem, base::ReadFile(options.custodian_key, kMaxFile));
  ASSIGN_OR_RETURN(const std::string approval,
                   hsm::ApproveOrder(order, base::Secret(std::move(pem))));
  RETURN_IF_ERROR(base::ReplaceFile(options.out, base::AsBytes(approval + "\n"), 0644));
  return ShownOrder("approved", options.out, order);
}

// "name: value" for each member, one level deep.
std::string Lines(const Json& json) {
  std::string text;
  for (const auto& [name, value] : *json.AsObject()) {
    if (value.AsObject() != nullptr) {
      text += Lines(value);
    } else if (value.AsArray() != nullptr) {
      for (const Json& row : *value.AsArray()) {
        for (const auto& [column, cell] : *row.AsObject())
          text += (cell.AsString() == nullptr ? "" : *cell.AsString()) + "  ";
        text += "\n";
      }
    } else {
      text += name + ": " + (value.AsString() != nullptr ? *value.AsString() : value.Dump()) + "\n";
    }
  }
  return text;
}

int Say(const Common& common, const base::Result<Json>& done) {
  if (!done.ok()) return Fail(common, done.error());
  std::string text = Lines(done.value());
  if (!text.empty()) text.pop_back();
  return Done(common, done.value(), text);
}

void AddActs(CLI::App& key, const std::shared_ptr<Options>& options, int& exit_code) {
  struct Row {
    const char* name;
    const char* help;
    Prepare prepare;
    const char* label;
    const char* files;
  };
  static constexpr auto kRows = std::to_array<Row>({
      {"create", "Make a key", Create, "Label of the new key", nullptr},
      {"request", "Write a certificate request (PKCS#10)", Request, "Label", nullptr},
      {"import", "Store a certificate beside its key", Import, "Label",
       "The certificate, then its issuers; PEM or DER"},
      {"rotate", "Make a key like LABEL, to take over from it", Rotate, "Label", nullptr},
      {"retire", "End the use of a key for good; its certificate stays", Retire, "Label", nullptr},
      {"destroy", "Remove a retired key, or one that nobody certified", Destroy, "Label", nullptr},
      {"share", "Make the vault's own keys, and a share of them for each custodian", Share, nullptr,
       "New files, one for each share, on the custodians' media"},
      {"transfer", "Make the same keys again from enough shares", Transfer, nullptr, "Shares"},
  });
  for (const Row& row : kRows) {
    CLI::App* verb = key.add_subcommand(row.name, row.help);
    if (row.label != nullptr) verb->add_option("LABEL", options->label, row.label)->required();
    if (row.files != nullptr) verb->add_option("FILES", options->files, row.files)->required();
    verb->add_option("--draft", options->draft, "Only write the order to this file");
    verb->add_option("--hours", options->hours, "With --draft: how long it may be carried out")
        ->check(CLI::Range(1, 168))
        ->capture_default_str();
    verb->add_option("--approval", options->approvals, "A custodian's approval; one for each");
    verb->add_option("--token", options->token, "In that [[token]], or \"second\": [hsm.second]");
    verb->callback([options, prepare = row.prepare, &exit_code] {
      exit_code = Say(*options->common, Carry(*options, prepare));
    });
  }
}

void AddDetails(CLI::App& key, const std::shared_ptr<Options>& options) {
  key.get_subcommand("create")
      ->add_option("--kind", options->kind, "seal-p256, seal-rsa-3072, remote-p256...")
      ->required();
  CLI::App* request = key.get_subcommand("request");
  request->add_option("--cn", options->subject.common_name, "Common name")->required();
  request->add_option("--country", options->subject.country, "Two letters")->required();
  request->add_option("--organization", options->subject.organization, "Organization");
  request->add_option("--organization-id", options->subject.organization_identifier,
                      "Organization identifier, such as NTRLV-40000000000");
  request->add_option("-o,--out", options->out, "File for the request, DER")->required();
  key.get_subcommand("rotate")
      ->add_option("NEW", options->other, "Label of the new key")
      ->required();
  key.get_subcommand("retire")->add_option(
      "--successor", options->other, "Only if this key has a certificate and the same purpose");
  key.get_subcommand("share")
      ->add_option("--needed", options->needed, "So many of the shares give the keys")
      ->capture_default_str();
}

}  // namespace

void AddKey(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Options>();
  options->common = &common;
  CLI::App* key = app.add_subcommand("key", "Key ceremonies: orders, approvals, acts on keys");
  key->require_subcommand(1);
  AddActs(*key, options, exit_code);
  AddDetails(*key, options);
  CLI::App* list = key->add_subcommand("list", "All keys of the token, and their states");
  list->add_option("--token", options->token, "Of that [[token]], or \"second\": [hsm.second]");
  list->callback([options, &exit_code] { exit_code = Say(*options->common, List(*options)); });
  CLI::App* approve = key->add_subcommand("approve", "Approve an order, as a custodian");
  approve->add_option("ORDER", options->order, "What --draft wrote; read it first")->required();
  approve->add_option("--custodian-key", options->custodian_key, "Your private key, PEM")
      ->required();
  approve->add_option("-o,--out", options->out, "File for the approval")->required();
  approve->callback(
      [options, &exit_code] { exit_code = Say(*options->common, Approve(*options)); });
  for (CLI::App* verb : key->get_subcommands(nullptr)) AddCommonOptions(*verb, common);
}

}  // namespace cli
