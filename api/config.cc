#include "api/config.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <set>
#include <sstream>

// Before toml.hpp: errors as values, like everywhere else.
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "base/bytes.h"
#include "base/file.h"
#include "hsm/approval.h"
#include "vault/witnessing.h"

namespace api {
namespace {

constexpr std::size_t kMaxConfigSize = std::size_t{1} << 20U;
constexpr std::size_t kMaxLists = 64;
constexpr std::size_t kMaxPem = 8192;
constexpr std::size_t kMaxWitnesses = 16;

base::Error Malformed(const std::string& what) {
  return {base::ErrorCode::kInvalidInput, "config.malformed", what};
}

// Reads settings of one table and remembers which names were asked for; the first
// complaint stands and is fetched at the end.
class Table {
 public:
  Table(const toml::table* table, std::string name, std::filesystem::path folder)
      : table_(table), name_(std::move(name)), folder_(std::move(folder)) {
    if (table_ == nullptr) Complain("missing");
  }

  std::string Text(const std::string& key) {
    const auto value = Take(key).value<std::string>();
    if (!value) Complain(key + " must be a text");
    return value.value_or("");
  }
  std::filesystem::path Path(const std::string& key) {
    return (folder_ / Text(key)).lexically_normal();
  }
  std::int64_t Number(const std::string& key, std::int64_t smallest, std::int64_t largest) {
    const auto value = Take(key).value<std::int64_t>();
    if (!value || *value < smallest || *value > largest) {
      Complain(key + " must be a number from " + std::to_string(smallest) + " to " +
               std::to_string(largest));
      return smallest;
    }
    return *value;
  }
  bool Flag(const std::string& key) {
    const auto value = Take(key).value_exact<bool>();
    if (!value) Complain(key + " must be true or false");
    return value.value_or(false);
  }
  std::map<std::string, std::string> Texts(const std::string& key) {
    std::map<std::string, std::string> texts;
    const toml::table* inner = Take(key).as_table();
    if (inner == nullptr) return texts;
    for (const auto& [name, node] : *inner) {
      const auto value = node.value<std::string>();
      if (!value) Complain(key + " holds something that is no text");
      texts[std::string(name.str())] = value.value_or("");
    }
    return texts;
  }
  std::map<std::string, std::uint32_t> Counts(const std::string& key) {
    constexpr std::int64_t kMost = 100'000'000;
    std::map<std::string, std::uint32_t> counts;
    const toml::table* inner = Take(key).as_table();
    if (inner == nullptr) return counts;
    for (const auto& [name, node] : *inner) {
      const auto value = node.value<std::int64_t>();
      if (!value || *value < 1 || *value > kMost)
        Complain(key + " holds something that is no count");
      counts[std::string(name.str())] = static_cast<std::uint32_t>(value.value_or(1));
    }
    return counts;
  }
  std::vector<std::string> List(const std::string& key) {
    std::vector<std::string> list;
    const toml::array* array = Take(key).as_array();
    if (array == nullptr) return list;
    for (const auto& node : *array) {
      const auto value = node.value<std::string>();
      if (!value) Complain(key + " holds something that is no text");
      list.push_back(value.value_or(""));
    }
    return list;
  }
  std::vector<std::filesystem::path> Paths(const std::string& key) {
    std::vector<std::filesystem::path> paths;
    for (const std::string& path : List(key)) paths.push_back((folder_ / path).lexically_normal());
    return paths;
  }
  Table Inner(const std::string& key) {
    return Table(Take(key).as_table(), name_ + "." + key, folder_);
  }
  bool Has(const std::string& key) const { return table_ != nullptr && table_->contains(key); }

  void Complain(const std::string& what) {
    if (complaint_.empty()) complaint_ = "[" + name_ + "] " + what;
  }
  // The first complaint, or about a name nobody asked for.
  base::Status Finish() {
    if (table_ != nullptr) {
      for (const auto& [key, node] : *table_) {
        if (!asked_.contains(std::string(key.str())))
          Complain("has an unknown setting " + std::string(key.str()));
      }
    }
    if (!complaint_.empty()) return Malformed(complaint_);
    return base::Ok();
  }

 private:
  toml::node_view<const toml::node> Take(const std::string& key) {
    asked_.insert(key);
    return table_ == nullptr ? toml::node_view<const toml::node>() : (*table_)[key];
  }

  const toml::table* table_;
  std::string name_;
  std::filesystem::path folder_;
  std::set<std::string> asked_;
  std::string complaint_;
};

base::Result<ListenConfig> ReadListen(Table table) {
  ListenConfig listen{.address = table.Text("address"),
                      .port = static_cast<std::uint16_t>(table.Number("port", 1, 65535)),
                      .certificate = table.Path("certificate"),
                      .key = table.Path("key"),
                      .client_ca = table.Path("client_ca")};
  RETURN_IF_ERROR(table.Finish());
  return listen;
}

hsm::TokenPlace ReadToken(Table& table, std::filesystem::path pin_refused_mark) {
  hsm::TokenPlace token;
  token.module = table.Path("module");
  if (table.Has("module_arguments")) token.module_arguments = table.Text("module_arguments");
  token.token_label = table.Text("token");
  token.pin_file = table.Path("pin_file");
  token.pin_refused_mark = std::move(pin_refused_mark);
  token.environment = table.Texts("environment");
  return token;
}

base::Result<hsm::KeyholderConfig> ReadHsm(Table table, const std::filesystem::path& data) {
  hsm::KeyholderConfig hsm;
  static_cast<hsm::TokenPlace&>(hsm) = ReadToken(table, data / "pin-refused");
  if (table.Has("second")) {
    Table second = table.Inner("second");
    hsm.second = ReadToken(second, data / "pin-refused-second");
    if (second.Has("after_seconds"))
      hsm.token_patience = std::chrono::seconds(second.Number("after_seconds", 1, 86'400));
    RETURN_IF_ERROR(second.Finish());
    hsm.token_choice = data / "token-in-use";
    // The log of ceremonies and the operator know tokens by their labels.
    if (hsm.second->token_label == hsm.token_label) table.Complain("two tokens of one label");
  }
  // Best kept on another volume than the data: docs/formats/keyholder.md.
  hsm.checkpoint_mark =
      table.Has("checkpoint_mark") ? table.Path("checkpoint_mark") : data / "last-checkpoint";
  hsm.seal_uses = table.Has("seal_uses") ? table.Path("seal_uses") : data / "seal-uses";
  hsm.log_origin = table.Text("log_origin");
  if (table.Has("sessions"))
    hsm.sessions = static_cast<std::size_t>(table.Number("sessions", 1, 64));
  if (table.Has("call_seconds"))
    hsm.call_deadline = std::chrono::seconds(table.Number("call_seconds", 1, 60));
  if (table.Has("keys_per_minute")) hsm.keys_per_minute = table.Counts("keys_per_minute");
  for (const auto& [name, count] : hsm.keys_per_minute) {
    const auto uses = hsm::AllKeyUses();
    const bool known =
        std::ranges::any_of(uses, [&](hsm::KeyUse use) { return hsm::NameOf(use) == name; });
    if (!known) table.Complain("keys_per_minute: there is no use " + name);
    // One call always fits.
    if (count < hsm::kMaxKeys) table.Complain("keys_per_minute: " + name + " is less than 256");
  }
  RETURN_IF_ERROR(table.Finish());
  return hsm;
}

// Without this part nobody can do anything to a key.
base::Result<hsm::CeremonyRules> ReadCeremony(Table table, const std::filesystem::path& data) {
  constexpr std::int64_t kMostCustodians = 16;
  hsm::CeremonyRules rules;
  rules.log = table.Has("log") ? table.Path("log") : data / "ceremony-log";
  if (table.Has("custodians")) {
    for (const std::filesystem::path& path : table.Paths("custodians")) {
      ASSIGN_OR_RETURN(base::Bytes pem, base::ReadFile(path, kMaxPem));
      if (!hsm::IsRequestKey(pem)) table.Complain(path.string() + " is no custodian's key");
      if (std::ranges::any_of(rules.custodians,
                              [&](const auto& other) { return hsm::IsSameKey(other, pem); }))
        table.Complain(path.string() + " is another custodian's key");
      rules.custodians.push_back(std::move(pem));
    }
  }
  if (table.Has("quorum"))
    rules.quorum = static_cast<std::size_t>(table.Number("quorum", 0, kMostCustodians));
  // One pair of eyes is not four; none at all is said aloud, for development.
  if (rules.quorum == 1) table.Complain("quorum is 2 or more, or 0 for development");
  if (rules.quorum > rules.custodians.size()) table.Complain("quorum is more than custodians");
  if (rules.quorum == 0 && !rules.custodians.empty()) table.Complain("custodians without quorum");
  RETURN_IF_ERROR(table.Finish());
  return rules;
}

bool IsUrl(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

base::Result<CourierConfig> ReadCourier(Table table) {
  CourierConfig courier;
  courier.services = table.Texts("services");
  if (table.Has("crls"))
    for (const auto& [name, url] : table.Texts("crls")) {
      courier.lists["crl-" + name] = url;
      if (!IsUrl(url)) table.Complain("crls: " + name + " is no http or https URL");
    }
  if (table.Has("timeout_seconds"))
    courier.timeout = std::chrono::seconds(table.Number("timeout_seconds", 1, 300));
  for (const auto& [name, url] : courier.services) {
    if (!IsUrl(url)) table.Complain(name + " is no http or https URL");
  }
  RETURN_IF_ERROR(table.Finish());
  return courier;
}

base::Result<CheckpointConfig> ReadCheckpoints(Table table) {
  constexpr std::int64_t kMostMinutes = 60 * 24 * 31;
  CheckpointConfig checkpoints;
  if (table.Has("anchor")) checkpoints.anchor = table.Path("anchor");
  if (table.Has("stamp_minutes"))
    checkpoints.stamp = std::chrono::minutes(table.Number("stamp_minutes", 0, kMostMinutes));
  RETURN_IF_ERROR(table.Finish());
  return checkpoints;
}

// The courier gets the place where it takes checkpoints.
base::Result<WitnessConfig> ReadWitness(Table table, CourierConfig& courier) {
  WitnessConfig witness{.name = "", .key = table.Text("key"), .service = ""};
  std::string url = table.Text("url");
  if (!IsUrl(url)) table.Complain("url is no http or https URL");
  const auto name = vault::WitnessName(witness.key);
  if (!name.ok()) table.Complain("key is " + name.error().message);
  RETURN_IF_ERROR(table.Finish());
  witness.name = name.value();
  witness.service = "witness " + witness.name;
  while (url.ends_with('/')) url.pop_back();
  if (!courier.services.emplace(witness.service, url + "/add-checkpoint").second)
    return Malformed("[witness] " + witness.name + " is there twice");
  return witness;
}

// Two capital letters, as SchemeTerritory of TS 119 612 has them.
bool IsTerritory(std::string_view name) {
  return name.size() == 2 && std::ranges::all_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
}

// List of lists, pivots and lists under the names by which the courier is asked for them.
std::map<std::string, std::string> ReadLists(Table& table) {
  std::map<std::string, std::string> lists;
  if (table.Has("lists")) lists = table.Texts("lists");
  for (const auto& [territory, url] : lists)
    if (!IsTerritory(territory)) table.Complain("lists: " + territory + " is no territory");
  if (table.Has("lotl")) lists["lotl"] = table.Text("lotl");
  const auto pivots = table.Has("pivots") ? table.List("pivots") : std::vector<std::string>();
  for (std::size_t i = 0; i < pivots.size(); ++i)
    lists["pivot-" + std::to_string(i + 1)] = pivots[i];
  if (lists.size() > kMaxLists) table.Complain("more lists than " + std::to_string(kMaxLists));
  for (const auto& [name, url] : lists)
    if (!IsUrl(url)) table.Complain(name + " is no http or https URL");
  return lists;
}

base::Result<TrustConfig> ReadTrust(Table table) {
  TrustConfig trust;
  trust.dir = table.Path("dir");
  if (table.Has("snapshot")) {
    trust.snapshot = table.Text("snapshot");
    const auto id = base::HexDecode(trust.snapshot);
    if (!id || id->size() != 32) table.Complain("snapshot is 64 lower-case hexadecimal digits");
  }
  const auto days = [&](const char* name, std::int64_t smallest) {
    return std::chrono::days(table.Number(name, smallest, 3650));
  };
  if (table.Has("warn_days")) trust.limits.warn_before = days("warn_days", 0);
  if (table.Has("unready_days")) trust.unready_before = days("unready_days", -3650);
  if (table.Has("max_age_days")) trust.limits.max_age = days("max_age_days", 1);
  if (table.Has("list_signers")) trust.list_signers = table.Paths("list_signers");
  if (table.Has("anchors")) trust.anchors = table.Paths("anchors");
  trust.lists = ReadLists(table);
  if (table.Has("refresh_hours"))
    trust.refresh = std::chrono::hours(table.Number("refresh_hours", 0, 24 * 365));
  // A list that nobody may have signed could never be used.
  if (!trust.lists.empty() && trust.list_signers.empty())
    table.Complain("lists without list_signers");
  RETURN_IF_ERROR(table.Finish());
  return trust;
}

bool IsTokenName(std::string_view name) {
  constexpr std::size_t kLongest = 32;
  return !name.empty() && name.size() <= kLongest && name != hsm::kSecondToken &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

// [[token]]: one more token, for sealing keys.
base::Status AddToken(Table table, const std::filesystem::path& data, hsm::KeyholderConfig& hsm) {
  const std::string name = table.Text("name");
  if (!IsTokenName(name)) table.Complain("name is [a-z0-9-], 1 to 32, and not \"second\"");
  hsm::TokenPlace place = ReadToken(table, data / ("pin-refused-" + name));
  const auto has_label = [&](const hsm::TokenPlace& other) {
    return other.token_label == place.token_label;
  };
  const bool taken = has_label(hsm) || (hsm.second && has_label(*hsm.second)) ||
                     std::ranges::any_of(hsm.others | std::views::values, has_label);
  if (taken) table.Complain("two tokens of one label");
  if (!hsm.others.emplace(name, std::move(place)).second) table.Complain(name + " is there twice");
  return table.Finish();
}

struct SealKey {
  std::string label;
  hsm::SealRule rule;
};

base::Result<SealKey> ReadSealKey(Table table) {
  constexpr std::int64_t kMostAnHour = 100'000'000;
  SealKey key{.label = table.Text("label"),
              .rule = {.agency = table.Text("agency"), .approvers = {}}};
  if (table.Has("token")) key.rule.token = table.Text("token");
  if (table.Has("request_keys")) {
    for (const std::filesystem::path& path : table.Paths("request_keys")) {
      ASSIGN_OR_RETURN(base::Bytes pem, base::ReadFile(path, kMaxPem));
      if (!hsm::IsRequestKey(pem)) table.Complain(path.string() + " is no request key");
      key.rule.approvers.push_back(std::move(pem));
    }
  }
  if (table.Has("signs_hashes")) key.rule.signs_hashes = table.Flag("signs_hashes");
  if (table.Has("unattended_per_hour"))
    key.rule.hourly =
        static_cast<std::uint32_t>(table.Number("unattended_per_hour", 1, kMostAnHour));
  if (key.rule.agency.empty()) table.Complain("agency is empty");
  if (key.rule.signs_hashes && key.rule.approvers.empty())
    table.Complain(key.label + " signs hashes, which is never unattended");
  if (key.rule.approvers.empty() == (key.rule.hourly == 0))
    table.Complain(key.label + " has either request_keys or unattended_per_hour");
  RETURN_IF_ERROR(table.Finish());
  return key;
}

// What is a caller's is found by its name: batches, completions, prepared signatures.
base::Status CheckIsNew(const RegisteredCaller& caller,
                        const std::vector<RegisteredCaller>& others) {
  for (const RegisteredCaller& other : others)
    if (other.name == caller.name || other.certificate_sha256 == caller.certificate_sha256)
      return Malformed("[caller] " + caller.name + ": its name or certificate is there twice");
  return base::Ok();
}

// Only keys of the caller's own agency.
base::Status CheckKeysOf(const RegisteredCaller& caller, const hsm::SealRules& rules) {
  for (const std::string& label : caller.keys) {
    const auto rule = rules.find(label);
    if (rule == rules.end()) return Malformed("[caller] " + label + " has no [[key]]");
    if (rule->second.agency != caller.agency)
      return Malformed("[caller] " + caller.name + ": " + label + " is another agency's");
  }
  return base::Ok();
}

base::Result<RegisteredCaller> ReadCaller(Table table) {
  const std::string role = table.Text("role");
  struct Row {
    std::string_view name;
    CallerRole role;
  };
  static constexpr std::array<Row, 4> kRoles{{{"agency", CallerRole::kAgency},
                                              {"platform", CallerRole::kPlatform},
                                              {"operator", CallerRole::kOperator},
                                              {"auditor", CallerRole::kAuditor}}};
  const auto known = std::ranges::find(kRoles, role, &Row::name);
  if (known == kRoles.end()) table.Complain("role is agency, platform, operator or auditor");
  RegisteredCaller caller{.name = table.Text("name"),
                          .role = known == kRoles.end() ? CallerRole::kAgency : known->role,
                          .agency = "",
                          .certificate_sha256 = table.Text("certificate_sha256"),
                          .keys = {}};
  if (caller.role == CallerRole::kAgency) caller.agency = table.Text("agency");
  if (table.Has("keys")) caller.keys = table.List("keys");
  const auto digest = base::HexDecode(caller.certificate_sha256);
  if (!digest || digest->size() != 32)
    table.Complain("certificate_sha256 is 64 lower-case hexadecimal digits");
  RETURN_IF_ERROR(table.Finish());
  return caller;
}

}  // namespace

base::Result<Config> ReadConfig(const std::filesystem::path& file) {
  ASSIGN_OR_RETURN(const base::Bytes text, base::ReadFile(file, kMaxConfigSize));
  const toml::parse_result parsed = toml::parse(base::AsText(text), file.string());
  if (!parsed) {
    std::ostringstream where;
    where << parsed.error();
    return Malformed(where.str());
  }
  const toml::table& root = parsed.table();
  const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
  const auto part = [&](const char* name) { return Table(root[name].as_table(), name, folder); };

  Config config;
  Table vault = part("vault");
  config.data = vault.Path("data");
  if (vault.Has("document_bytes"))
    config.document_bytes =
        static_cast<std::size_t>(vault.Number("document_bytes", 1, std::int64_t{64} << 20U));
  if (vault.Has("scrub_bytes_per_second"))
    config.scrub_bytes = static_cast<std::uint64_t>(
        vault.Number("scrub_bytes_per_second", 0, std::int64_t{1} << 33U));
  RETURN_IF_ERROR(vault.Finish());
  ASSIGN_OR_RETURN(config.listen, ReadListen(part("listen")));
  ASSIGN_OR_RETURN(config.hsm, ReadHsm(part("hsm"), config.data));
  if (root.contains("ceremony")) {
    ASSIGN_OR_RETURN(config.hsm.ceremony, ReadCeremony(part("ceremony"), config.data));
  }
  ASSIGN_OR_RETURN(config.courier, ReadCourier(part("courier")));
  if (root.contains("timestamps")) {
    Table timestamps = part("timestamps");
    config.tsa_certificates = timestamps.List("tsa_certificate_sha256");
    if (timestamps.Has("hourly")) config.tsa_hourly = timestamps.Counts("hourly");
    for (const auto& [name, count] : config.tsa_hourly)
      if (!config.courier.services.contains(name))
        timestamps.Complain("hourly: no service " + name);
    RETURN_IF_ERROR(timestamps.Finish());
  }
  if (root.contains("backup")) {
    constexpr std::int64_t kLongest = std::int64_t{7} * 24 * 60;
    Table backup = part("backup");
    config.backup = BackupConfig{.to = backup.Path("to")};
    if (backup.Has("every_minutes"))
      config.backup->every = std::chrono::minutes(backup.Number("every_minutes", 0, kLongest));
    RETURN_IF_ERROR(backup.Finish());
  }
  if (root.contains("checkpoints")) {
    ASSIGN_OR_RETURN(config.checkpoints, ReadCheckpoints(part("checkpoints")));
  }
  if (const toml::array* witnesses = root["witness"].as_array()) {
    if (witnesses->size() > kMaxWitnesses) return Malformed("[witness] more than 16 of them");
    for (const auto& node : *witnesses) {
      ASSIGN_OR_RETURN(WitnessConfig witness,
                       ReadWitness(Table(node.as_table(), "witness", folder), config.courier));
      config.checkpoints.witnesses.push_back(std::move(witness));
    }
  }
  if (root.contains("csc")) {
    Table csc = part("csc");
    config.csc = CscService{.name = csc.Text("name"), .region = csc.Text("region")};
    RETURN_IF_ERROR(csc.Finish());
  }
  if (root.contains("trust")) {
    ASSIGN_OR_RETURN(config.trust, ReadTrust(part("trust")));
    config.courier.lists.insert(config.trust->lists.begin(), config.trust->lists.end());
  }
  if (const toml::array* tokens = root["token"].as_array()) {
    for (const auto& node : *tokens)
      RETURN_IF_ERROR(AddToken(Table(node.as_table(), "token", folder), config.data, config.hsm));
  }
  if (const toml::array* keys = root["key"].as_array()) {
    for (const auto& node : *keys) {
      ASSIGN_OR_RETURN(SealKey key, ReadSealKey(Table(node.as_table(), "key", folder)));
      if (!key.rule.token.empty() && !config.hsm.others.contains(key.rule.token))
        return Malformed("[key] " + key.label + ": no token " + key.rule.token);
      const bool is_new = config.hsm.seal_rules.emplace(key.label, std::move(key.rule)).second;
      if (!is_new) return Malformed("[key] " + key.label + " is there twice");
    }
  }
  if (const toml::array* callers = root["caller"].as_array()) {
    for (const auto& node : *callers) {
      ASSIGN_OR_RETURN(RegisteredCaller caller,
                       ReadCaller(Table(node.as_table(), "caller", folder)));
      RETURN_IF_ERROR(CheckKeysOf(caller, config.hsm.seal_rules));
      RETURN_IF_ERROR(CheckIsNew(caller, config.callers));
      config.callers.push_back(std::move(caller));
    }
  }
  static const std::set<std::string> kParts{
      "vault", "listen", "hsm", "courier",  "timestamps", "checkpoints", "caller",
      "trust", "key",    "csc", "ceremony", "witness",    "token",       "backup"};
  for (const auto& [name, node] : root) {
    if (!kParts.contains(std::string(name.str())))
      return Malformed("unknown part " + std::string(name.str()));
  }
  return config;
}

}  // namespace api
