#include "cli/dev_files.h"

#include <Poco/Exception.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>

#include <array>

#include "base/base64.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/random.h"
#include "hsm/approval.h"

namespace cli {
namespace {

constexpr const char* kSoftHsmModule = "/usr/lib/softhsm/libsofthsm2.so";

base::Error DiskUnwritable(const std::filesystem::path& path) {
  return {base::ErrorCode::kUnavailable, "disk.unwritable", path.string()};
}

std::uint16_t FreePort() {
  const Poco::Net::ServerSocket probe(Poco::Net::SocketAddress("127.0.0.1", 0));
  return probe.address().port();
}

base::Status WriteText(const std::filesystem::path& file, const std::string& text, unsigned mode) {
  return base::ReplaceFile(file, base::AsBytes(text), mode);
}

struct ConnectionFile {
  const char* stem;  // Path below the home, without ending.
  const char* common_name;
  bool server;
};
constexpr std::array<ConnectionFile, 6> kConnections{
    {{"tls/server", "edocvault TEST service", true},
     {"client/agency", "edocvault TEST agency", false},
     {"client/platform", "edocvault TEST platform", false},
     {"client/operator", "edocvault TEST operator", false},
     {"client/auditor", "edocvault TEST auditor", false},
     {"client/stranger", "edocvault TEST stranger", false}}};

std::string CallerEntry(const std::string& name, const std::string& role, const std::string& digest,
                        const std::string& rest) {
  return "\n[[caller]]\nname = \"" + name + "\"\nrole = \"" + role + "\"\ncertificate_sha256 = \"" +
         digest + "\"\n" + rest;
}

// The emulator's lists, by the test authority's signer, in trust/ of the home.
std::string TrustEntry(const std::string& url) {
  return "\n[trust]\ndir = \".\"\nlist_signers = [\"authority/list-signer.der\"]\nlotl = \"" + url +
         "/trust/lotl.xml\"\nrefresh_hours = 24\n[trust.lists]\nLV = \"" + url +
         "/trust/lv.xml\"\n";
}

std::string ProfileEntry(const std::string& name) {
  return "\n[profile." + name + "]\ncertificate = \"client/" + name + ".pem\"\nkey = \"client/" +
         name + ".key\"\n";
}

// SHA-256 of the first certificate's DER, which is the base64 between the PEM's lines.
std::string DigestOfPem(const std::string& pem) {
  static constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  const std::size_t begin = pem.find(kBegin);
  const std::size_t end = pem.find("-----END CERTIFICATE-----");
  if (begin == std::string::npos || end == std::string::npos) return {};
  std::string text = pem.substr(begin + kBegin.size(), end - begin - kBegin.size());
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  const auto der = base::Base64Decode(text);
  return der ? base::HexEncode(base::Sha256(*der).bytes) : "";
}

}  // namespace

base::Result<DevPorts> ChoosePorts(std::uint16_t wanted) {
  try {
    return DevPorts{.service = wanted == 0 ? FreePort() : wanted, .emulator = FreePort()};
  } catch (const Poco::Exception& exception) {
    return base::Error{base::ErrorCode::kUnavailable, "http.cannot-listen",
                       exception.displayText()};
  }
}

std::string EmulatorUrl(const DevPorts& ports) {
  return "http://127.0.0.1:" + std::to_string(ports.emulator);
}

base::Status MakeFolders(const Home& home) {
  for (const char* folder : {"", "token", "tls", "client", "data", "authority"}) {
    const std::filesystem::path path = home.path() / folder;
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (!error) std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
    if (error) return DiskUnwritable(path);
  }
  return base::Ok();
}

base::Result<CallerDigests> IssueConnectionCertificates(const Home& home,
                                                        emulator::TestAuthority& authority) {
  CallerDigests digests;
  for (const ConnectionFile& file : kConnections) {
    emulator::TlsNames names;
    names.common_name = file.common_name;
    names.is_server = file.server;
    if (file.server) names.dns_names = {"localhost"};
    if (file.server) names.ip_addresses = {"127.0.0.1"};
    ASSIGN_OR_RETURN(const emulator::IssuedTls issued, authority.IssueTls(names));
    const std::filesystem::path stem = home.path() / file.stem;
    RETURN_IF_ERROR(WriteText(stem.string() + ".pem", issued.certificate_pem, 0644));
    RETURN_IF_ERROR(base::ReplaceFile(stem.string() + ".key", issued.key_pem.Reveal(), 0600));
    const std::string digest = DigestOfPem(issued.certificate_pem);
    if (std::string_view(file.stem) == "client/agency") digests.agency = digest;
    if (std::string_view(file.stem) == "client/platform") digests.platform = digest;
    if (std::string_view(file.stem) == "client/operator") digests.attendant = digest;
    if (std::string_view(file.stem) == "client/auditor") digests.auditor = digest;
  }
  ASSIGN_OR_RETURN(const auto witness, emulator::Witness::Open(home.witness(), kDevWitness, {}));
  digests.witness = witness->verifier_key();
  digests.tsa = base::HexEncode(base::Sha256(authority.tsa_certificate()).bytes);
  RETURN_IF_ERROR(WriteText(home.path() / "tls/ca.pem", authority.tls_root_pem(), 0644));
  return digests;
}

base::Status WriteRequestKey(const Home& home) {
  const hsm::RequestKeyPair pair = hsm::MakeRequestKey();
  RETURN_IF_ERROR(
      base::ReplaceFile(home.path() / "client/request.key", pair.private_pem.Reveal(), 0600));
  return WriteText(home.path() / "client/request.pub", pair.public_pem, 0644);
}

base::Status WriteSoftTokenFiles(const Home& home) {
  RETURN_IF_ERROR(WriteText(home.path() / "softhsm2.conf",
                            "directories.tokendir = " + (home.path() / "token").string() +
                                "\nobjectstore.backend = file\nlog.level = ERROR\n"
                                "library.reset_on_fork = true\n",
                            0600));
  return WriteText(home.path() / "pin", base::HexEncode(base::RandomBytes(8)) + "\n", 0600);
}

namespace {

std::string KeyList() {
  std::string list;
  for (const SealingKey& key : kDevSealingKeys)
    list += (list.empty() ? "\"" : ", \"") + std::string(key.label) + "\"";
  return list + ", \"" + kDevRemoteKey.label + "\"";
}

// A development appliance seals without anybody's approval. Hashes are never signed so.
std::string KeyEntries() {
  std::string entries;
  for (const SealingKey& key : kDevSealingKeys)
    entries += "\n[[key]]\nlabel = \"" + std::string(key.label) +
               "\"\nagency = \"test-agency\"\nunattended_per_hour = 1000000\n";
  return entries + "\n[[key]]\nlabel = \"" + kDevRemoteKey.label +
         "\"\nagency = \"test-agency\"\nrequest_keys = [\"client/request.pub\"]\n"
         "signs_hashes = true\n\n[csc]\nname = \"edocvault for development\"\nregion = \"LV\"\n";
}

}  // namespace

base::Status WriteConfigs(const Home& home, const DevPorts& ports, const CallerDigests& callers) {
  const std::string service = std::to_string(ports.service);
  const std::string url = EmulatorUrl(ports);
  const std::string daemon =
      "# A development appliance, written by `edocvault init --dev`.\n"
      "# Paths are relative to this file.\n\n"
      "[vault]\ndata = \"data\"\n\n"
      "[listen]\naddress = \"127.0.0.1\"\nport = " +
      service +
      "\ncertificate = \"tls/server.pem\"\nkey = \"tls/server.key\"\n"
      "client_ca = \"tls/ca.pem\"\n\n"
      "[hsm]\nmodule = \"" +
      std::string(kSoftHsmModule) +
      "\"\ntoken = \"edocvault-dev\"\npin_file = \"pin\"\nlog_origin = \"dev.edocvault.test/log\"\n"
      "[hsm.environment]\nSOFTHSM2_CONF = \"" +
      (home.path() / "softhsm2.conf").string() +
      "\"\n\n# Development only: nobody has to approve what is done to keys.\n"
      "[ceremony]\nquorum = 0\n\n[courier.services]\ntsa = \"" +
      url + "/tsa\"\nocsp = \"" + url + "/ocsp\"\n\n[courier.crls]\nissuing = \"" + url +
      "/crl/issuing.crl\"\nroot = \"" + url +
      "/crl/root.crl\"\n\n[timestamps]\ntsa_certificate_sha256 = [\"" + callers.tsa +
      "\"]\n\n# A real anchor lies on another volume than the data.\n[checkpoints]\nanchor = "
      "\"anchor\"\n"
      "stamp_minutes = 60\n\n[[witness]]\nurl = \"" +
      url + "/witness\"\nkey = \"" + callers.witness + "\"\n" + TrustEntry(url) + KeyEntries() +
      CallerEntry("test-agency", "agency", callers.agency,
                  "agency = \"test-agency\"\nkeys = [" + KeyList() + "]\n") +
      CallerEntry("test-platform", "platform", callers.platform, "") +
      CallerEntry("test-operator", "operator", callers.attendant, "") +
      CallerEntry("test-auditor", "auditor", callers.auditor, "");
  RETURN_IF_ERROR(WriteText(home.daemon_config(), daemon, 0600));
  return WriteText(
      home.client_config(),
      "# How to reach the appliance.\nserver = \"https://127.0.0.1:" + service +
          "\"\nca = \"tls/ca.pem\"\nemulator_port = " + std::to_string(ports.emulator) + "\n" +
          ProfileEntry("agency") + ProfileEntry("platform") + ProfileEntry("operator") +
          ProfileEntry("auditor") + ProfileEntry("stranger"),
      0600);
}

}  // namespace cli
