// init: makes an appliance in a folder. With --dev everything it needs is made too: a
// SoftHSM token, test certificates and the emulator of TSA and OCSP responder.
#include <array>
#include <iostream>

#include "base/file.h"
#include "base/random.h"
#include "cli/dev_files.h"
#include "cli/role_process.h"
#include "cli/verbs.h"
#include "emulator/emulator.h"
#include "hsm/keyholder.h"

namespace cli {
namespace {

constexpr std::array<SealingKey, 3> kVaultKeys{
    {{"vault-root", hsm::KeyKind::kRootAes256},
     {"vault-mac", hsm::KeyKind::kMacHmacSha256},
     {"vault-checkpoint", hsm::KeyKind::kCheckpointEd25519}}};

struct Options {
  bool dev = false;
  std::uint16_t port = 0;
};

base::Status MakeToken(const Home& home) {
  ASSIGN_OR_RETURN(RoleProcess maker,
                   RoleProcess::StartRole(home.daemon_config(), "soft-token-maker", home.log()));
  if (maker.Wait() != 0)
    return base::Error{base::ErrorCode::kUnavailable, "token.absent",
                       "the token could not be made; the reason is in " + home.log().string() + ""};
  return base::Ok();
}

base::Status CertifySealingKey(hsm::Provisioner& token, emulator::TestAuthority& authority,
                               const hsm::KeyLabel& label) {
  ASSIGN_OR_RETURN(
      const base::Bytes request,
      token.CertificateRequest(label, {.common_name = "Paraugu iestāde (TEST " + label.text + ")",
                                       .organization = "Paraugu iestāde TEST",
                                       .organization_identifier = "NTRLV-90000000000",
                                       .country = "LV"}));
  ASSIGN_OR_RETURN(const emulator::IssuedSeal issued, authority.IssueSeal(request));
  return token.ImportCertificate(label, issued.certificate, issued.chain);
}

base::Status MakeKeys(const Home& home, emulator::TestAuthority& authority) {
  ASSIGN_OR_RETURN(RoleProcess provisioner,
                   RoleProcess::StartRole(home.daemon_config(), "provisioner", home.log()));
  hsm::KeyholderClient token{base::ChannelClient(provisioner.TakeDoor())};
  for (const auto& [label, kind] : kVaultKeys)
    RETURN_IF_ERROR(token.GenerateKey(hsm::KeyLabel{label}, kind));
  for (const auto& [label, kind] : kDevSealingKeys) {
    RETURN_IF_ERROR(token.GenerateKey(hsm::KeyLabel{label}, kind));
    RETURN_IF_ERROR(CertifySealingKey(token, authority, hsm::KeyLabel{label}));
  }
  const hsm::KeyLabel remote{kDevRemoteKey.label};
  RETURN_IF_ERROR(token.GenerateKey(remote, kDevRemoteKey.kind));
  return CertifySealingKey(token, authority, remote);
}

base::Status SaveVerifierKey(const Home& home) {
  ASSIGN_OR_RETURN(RoleProcess keyholder,
                   RoleProcess::StartRole(home.daemon_config(), "keyholder", home.log()));
  hsm::KeyholderClient keys{base::ChannelClient(keyholder.TakeDoor())};
  ASSIGN_OR_RETURN(const std::string key, keys.CheckpointVerifierKey());
  return base::ReplaceFile(home.verifier_key(), base::AsBytes(key + "\n"), 0644);
}

base::Result<base::Json> InitDev(const Home& home, const Options& options) {
  ASSIGN_OR_RETURN(const DevPorts ports, ChoosePorts(options.port));
  RETURN_IF_ERROR(MakeFolders(home));
  const base::SystemClock clock;
  ASSIGN_OR_RETURN(
      const auto authority,
      emulator::TestAuthority::Open(
          {.folder = home.authority(), .ocsp_url = EmulatorUrl(ports) + "/ocsp"}, clock));
  ASSIGN_OR_RETURN(const CallerDigests callers, IssueConnectionCertificates(home, *authority));
  RETURN_IF_ERROR(WriteSoftTokenFiles(home));
  RETURN_IF_ERROR(WriteRequestKey(home));
  RETURN_IF_ERROR(WriteConfigs(home, ports, callers));
  RETURN_IF_ERROR(MakeToken(home));
  RETURN_IF_ERROR(MakeKeys(home, *authority));
  RETURN_IF_ERROR(SaveVerifierKey(home));

  base::Json json;
  json.Set("home", home.path().string());
  json.Set("server", "https://127.0.0.1:" + std::to_string(ports.service));
  base::Json keys{base::Json::Array{}};
  for (const SealingKey& key : kDevSealingKeys) keys.Push(key.label);
  json.Set("keys", std::move(keys));
  json.Set("verifierKey", home.verifier_key().string());
  return json;
}

base::Result<base::Json> Init(const Common& common, const Options& options) {
  const Home home = Home::Find(common.home);
  if (!options.dev)
    return base::Error{base::ErrorCode::kInvalidInput, "init.dev-only",
                       "this version makes development appliances; see README, Limits"};
  // A folder that somebody prepared could lead our files, secrets among them, elsewhere.
  std::error_code error;
  const auto status = std::filesystem::symlink_status(home.path(), error);
  const bool fresh = status.type() == std::filesystem::file_type::not_found ||
                     (std::filesystem::is_directory(status) &&
                      std::filesystem::is_empty(home.path(), error) && !error);
  if (!fresh)
    return base::Error{base::ErrorCode::kConflict, "home.exists",
                       home.path().string() + " is not an empty folder"};
  return InitDev(home, options);
}

}  // namespace

void AddInit(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("init", "Make an appliance");
  verb->add_flag("--dev", options->dev, "For development: software token and test certificates");
  verb->add_option("--port", options->port, "Port of the service; a free one when not given");
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto done = Init(common, *options);
    exit_code = done.ok() ? Done(common, done.value(),
                                 "an appliance for development is in " +
                                     done.value().Text("home").value_or("") +
                                     "\nstart it: edocvault serve --home " +
                                     done.value().Text("home").value_or(""))
                          : Fail(common, done.error());
  });
}

}  // namespace cli
