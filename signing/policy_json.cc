// The text form of a policy.
#include <algorithm>
#include <array>

#include "base/error_text.h"
#include "signing/policy.h"

namespace signing {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

constexpr std::string_view kSchema = "edocvault.policy/1";
constexpr std::array<std::string_view, 4> kLevels{"IGNORE", "INFORM", "WARN", "FAIL"};
constexpr std::array<std::string_view, 5> kScopes{"signature", "counter-signature", "timestamp",
                                                  "revocation", "evidence-record"};
constexpr std::array<std::string_view, 3> kParts{"token", "signer", "authority"};
// In the order of enum Rule.
constexpr auto kRules = std::to_array<std::string_view>({"container-manifest",
                                                         "container-signed-files",
                                                         "format",
                                                         "single-signer",
                                                         "not-duplicated",
                                                         "structure",
                                                         "signer-reference",
                                                         "signer-reference-unique",
                                                         "signer-reference-digest",
                                                         "signer-reference-issuer",
                                                         "policy-available",
                                                         "policy-digest",
                                                         "data-found",
                                                         "data-intact",
                                                         "manifest-entry-found",
                                                         "manifest-entry-intact",
                                                         "value-intact",
                                                         "signing-time",
                                                         "signing-time-in-range",
                                                         "signed-properties",
                                                         "chain-found",
                                                         "seal-intact",
                                                         "not-expired",
                                                         "anchor-in-time",
                                                         "key-usage",
                                                         "extended-key-usage",
                                                         "authority-flag",
                                                         "path-length",
                                                         "name-constraints",
                                                         "policy-constraints",
                                                         "forbidden-extensions",
                                                         "critical-extensions",
                                                         "revocation-skip",
                                                         "revocation-available",
                                                         "revocation-acceptable",
                                                         "revocation-fresh",
                                                         "revocation-signer-in-time",
                                                         "not-revoked",
                                                         "not-on-hold",
                                                         "status-known",
                                                         "this-update",
                                                         "signer-known",
                                                         "signer-in-time",
                                                         "after-issuance",
                                                         "covers-certificate",
                                                         "responder-id",
                                                         "cryptographic",
                                                         "timestamp-order",
                                                         "revoked-after-signing",
                                                         "signed-before-expiry",
                                                         "timestamp-after-content"});
static_assert(kRules.size() == static_cast<std::size_t>(Rule::kTimestampAfterContent) + 1);

template <typename Enum, std::size_t N>
std::string_view NameIn(const std::array<std::string_view, N>& names, Enum value) {
  return names.at(static_cast<std::size_t>(value));
}

constexpr std::int64_t kMaxSeconds = std::int64_t{100} * 366 * 24 * 3600;  // A century.

Error Malformed(std::string place) {
  return Error{ErrorCode::kInvalidInput, "policy.malformed", std::move(place)};
}

// The enum value whose name the member holds.
template <typename Enum, std::size_t N>
base::Result<Enum> NamedIn(const std::array<std::string_view, N>& names, const Json& json,
                           std::string_view member) {
  const auto text = json.Text(member);
  const auto found = text ? std::ranges::find(names, *text) : names.end();
  if (found == names.end()) return Malformed(std::string(member));
  return static_cast<Enum>(found - names.begin());
}

Json TextsToJson(const std::vector<std::string>& texts) {
  Json list{Json::Array{}};
  for (const std::string& text : texts) list.Push(text);
  return list;
}

base::Result<std::vector<std::string>> TextsFromJson(const Json& json) {
  const Json::Array* list = json.AsArray();
  if (list == nullptr) return Malformed("a list of texts");
  std::vector<std::string> texts;
  for (const Json& item : *list) {
    if (item.AsString() == nullptr) return Malformed("a text");
    texts.push_back(*item.AsString());
  }
  return texts;
}

// A finding that nobody makes would be a rule that never holds anybody.
base::Result<std::vector<std::string>> FindingsFromJson(const Json& json) {
  ASSIGN_OR_RETURN(std::vector<std::string> codes, TextsFromJson(json));
  for (const std::string& code : codes)
    if (std::ranges::find(base::ErrorTexts(), code, &base::ErrorText::reason) ==
        base::ErrorTexts().end())
      return Malformed("no such finding: " + code);
  return codes;
}

base::Status OnlyMembers(const Json& json, std::initializer_list<std::string_view> names) {
  const Json::Object* object = json.AsObject();
  if (object == nullptr) return Malformed("an object");
  for (const auto& [name, value] : *object)
    if (std::ranges::find(names, name) == names.end()) return Malformed(name);
  return base::Ok();
}

Json LimitsToJson(const std::vector<AlgorithmLimit>& limits) {
  Json list{Json::Array{}};
  for (const AlgorithmLimit& limit : limits) {
    Json json;
    json.Set("name", limit.name);
    json.Set("minBits", limit.min_bits);
    json.Set("until", limit.until ? Json(base::FormatTime(*limit.until)) : Json());
    list.Push(std::move(json));
  }
  return list;
}

base::Result<std::vector<AlgorithmLimit>> LimitsFromJson(const Json& json) {
  if (json.AsArray() == nullptr) return Malformed("algorithms");
  std::vector<AlgorithmLimit> limits;
  for (const Json& item : *json.AsArray()) {
    RETURN_IF_ERROR(OnlyMembers(item, {"name", "minBits", "until"}));
    const Json* given = item.Find("minBits");
    const std::int64_t bits = given == nullptr ? 0 : item.Integer("minBits").value_or(-1);
    AlgorithmLimit limit{item.Text("name").value_or(""), 0, std::nullopt};
    if (limit.name.empty() || bits < 0) return Malformed("algorithms");
    limit.min_bits = static_cast<std::size_t>(bits);
    if (const Json* until = item.Find("until"); until != nullptr && !until->is_null()) {
      limit.until = base::ParseTime(item.Text("until").value_or(""));
      if (!limit.until) return Malformed("until");
    }
    limits.push_back(std::move(limit));
  }
  return limits;
}

Json SuiteToJson(const AlgorithmSuite& suite) {
  Json json;
  json.Set("keys", LimitsToJson(suite.keys));
  json.Set("digests", LimitsToJson(suite.digests));
  json.Set("issued", suite.issued ? Json(base::FormatTime(*suite.issued)) : Json());
  json.Set("levelOfPredictions", NameOfLevel(suite.level_of_predictions));
  return json;
}

base::Result<AlgorithmSuite> SuiteFromJson(const Json& json) {
  RETURN_IF_ERROR(OnlyMembers(json, {"keys", "digests", "issued", "levelOfPredictions"}));
  const Json* keys = json.Find("keys");
  const Json* digests = json.Find("digests");
  if (keys == nullptr || digests == nullptr) return Malformed("algorithms");
  AlgorithmSuite suite;
  ASSIGN_OR_RETURN(suite.keys, LimitsFromJson(*keys));
  ASSIGN_OR_RETURN(suite.digests, LimitsFromJson(*digests));
  if (const Json* issued = json.Find("issued"); issued != nullptr && !issued->is_null()) {
    suite.issued = base::ParseTime(json.Text("issued").value_or(""));
    if (!suite.issued) return Malformed("issued");
  }
  if (json.Find("levelOfPredictions") != nullptr) {
    ASSIGN_OR_RETURN(suite.level_of_predictions,
                     NamedIn<Level>(kLevels, json, "levelOfPredictions"));
  }
  return suite;
}

Json RulesToJson(const Policy& policy) {
  Json list{Json::Array{}};
  for (const auto& [key, constraint] : policy.rules) {
    Json json;
    json.Set("scope", NameIn(kScopes, key.scope));
    json.Set("part", NameIn(kParts, key.part));
    json.Set("rule", NameOfRule(key.rule));
    json.Set("level", NameOfLevel(constraint.level));
    if (!constraint.values.empty()) json.Set("values", TextsToJson(constraint.values));
    if (constraint.limit) json.Set("seconds", static_cast<std::int64_t>(constraint.limit->count()));
    list.Push(std::move(json));
  }
  return list;
}

base::Status ReadRule(const Json& json, Policy& policy) {
  RETURN_IF_ERROR(OnlyMembers(json, {"scope", "part", "rule", "level", "values", "seconds"}));
  ASSIGN_OR_RETURN(const Scope scope, NamedIn<Scope>(kScopes, json, "scope"));
  ASSIGN_OR_RETURN(const Part part, NamedIn<Part>(kParts, json, "part"));
  ASSIGN_OR_RETURN(const Rule rule, NamedIn<Rule>(kRules, json, "rule"));
  ASSIGN_OR_RETURN(const Level level, NamedIn<Level>(kLevels, json, "level"));
  Constraint& constraint = policy.rules[{scope, part, rule}];
  constraint.level = level;
  if (const Json* values = json.Find("values")) {
    ASSIGN_OR_RETURN(constraint.values, TextsFromJson(*values));
  }
  if (json.Find("seconds") != nullptr) {
    const auto limit = json.Integer("seconds");
    if (!limit || *limit < 0 || *limit > kMaxSeconds) return Malformed("seconds");
    constraint.limit = std::chrono::seconds{*limit};
  }
  return base::Ok();
}

base::Status ReadRules(const Json& json, Policy& policy) {
  if (json.AsArray() == nullptr) return Malformed("rules");
  for (const Json& item : *json.AsArray()) RETURN_IF_ERROR(ReadRule(item, policy));
  return base::Ok();
}

base::Status ReadQualifications(const Json& json, Policy& policy) {
  if (const Json* list = json.Find("signatureQualifications")) {
    ASSIGN_OR_RETURN(policy.signature_qualifications, TextsFromJson(*list));
  }
  if (const Json* list = json.Find("timestampQualifications")) {
    ASSIGN_OR_RETURN(policy.timestamp_qualifications, TextsFromJson(*list));
  }
  if (const Json* list = json.Find("fatalFindings")) {
    ASSIGN_OR_RETURN(policy.fatal_findings, FindingsFromJson(*list));
  }
  if (const Json* list = json.Find("refusedFindings")) {
    ASSIGN_OR_RETURN(policy.refused_findings, FindingsFromJson(*list));
  }
  struct Flag {
    std::string_view name;
    bool& value;
  };
  for (const Flag& flag :
       {Flag{"timestampNeeded", policy.timestamp_needed}, Flag{"timeMarks", policy.time_marks}}) {
    const Json* given = json.Find(flag.name);
    if (given == nullptr) continue;
    if (given->AsBool() == nullptr) return Malformed(std::string(flag.name));
    flag.value = *given->AsBool();
  }
  return base::Ok();
}

// Every member but the names of the policy and of its base.
base::Status ReadRows(const Json& json, Policy& policy) {
  if (const Json* rules = json.Find("rules")) RETURN_IF_ERROR(ReadRules(*rules, policy));
  if (const Json* algorithms = json.Find("algorithms")) {
    ASSIGN_OR_RETURN(policy.suite, SuiteFromJson(*algorithms));
  }
  if (const Json* own = json.Find("ownAlgorithms")) {
    if (own->AsArray() == nullptr) return Malformed("ownAlgorithms");
    for (const Json& item : *own->AsArray()) {
      RETURN_IF_ERROR(OnlyMembers(item, {"scope", "part", "algorithms"}));
      ASSIGN_OR_RETURN(const Scope scope, NamedIn<Scope>(kScopes, item, "scope"));
      ASSIGN_OR_RETURN(const Part part, NamedIn<Part>(kParts, item, "part"));
      const Json* algorithms = item.Find("algorithms");
      if (algorithms == nullptr) return Malformed("ownAlgorithms");
      ASSIGN_OR_RETURN(policy.own_suites[std::make_pair(scope, part)], SuiteFromJson(*algorithms));
    }
  }
  if (const Json* numbers = json.Find("limits"))
    RETURN_IF_ERROR(ReadLimits(*numbers, policy.limits));
  return ReadQualifications(json, policy);
}

}  // namespace

std::string_view NameOfLevel(Level level) {
  return NameIn(kLevels, level);
}
std::string_view NameOfRule(Rule rule) {
  return NameIn(kRules, rule);
}

base::Json PolicyToJson(const Policy& policy) {
  Json json;
  json.Set("schema", kSchema);
  json.Set("id", policy.id);
  json.Set("rules", RulesToJson(policy));
  json.Set("algorithms", SuiteToJson(policy.suite));
  Json own{Json::Array{}};
  for (const auto& [key, suite] : policy.own_suites) {
    Json item;
    item.Set("scope", NameIn(kScopes, key.first));
    item.Set("part", NameIn(kParts, key.second));
    item.Set("algorithms", SuiteToJson(suite));
    own.Push(std::move(item));
  }
  json.Set("ownAlgorithms", std::move(own));
  json.Set("signatureQualifications", TextsToJson(policy.signature_qualifications));
  json.Set("timestampQualifications", TextsToJson(policy.timestamp_qualifications));
  json.Set("timestampNeeded", policy.timestamp_needed);
  json.Set("timeMarks", policy.time_marks);
  json.Set("fatalFindings", TextsToJson(policy.fatal_findings));
  json.Set("refusedFindings", TextsToJson(policy.refused_findings));
  json.Set("limits", LimitNumbersToJson(policy.limits));
  return json;
}

base::Result<Policy> PolicyFromJson(const base::Json& json) {
  RETURN_IF_ERROR(
      OnlyMembers(json, {"schema", "id", "base", "rules", "algorithms", "ownAlgorithms",
                         "signatureQualifications", "timestampQualifications", "timestampNeeded",
                         "timeMarks", "fatalFindings", "refusedFindings", "limits"}));
  if (json.Text("schema") != kSchema) return Malformed("schema");
  std::optional<Policy> policy = ShippedPolicy(json.Text("base").value_or(""));
  if (!policy) return Malformed("base");
  policy->id = json.Text("id").value_or("");
  if (policy->id.empty() || ShippedPolicy(policy->id)) return Malformed("id");
  RETURN_IF_ERROR(ReadRows(json, *policy));
  return *policy;
}

base::Result<Policy> WholePolicyFromJson(const base::Json& json) {
  Policy policy;
  policy.id = json.Text("id").value_or("");
  RETURN_IF_ERROR(ReadRows(json, policy));
  // The text decides: whatever it says that was not understood would be missing here.
  if (!(PolicyToJson(policy) == json)) return Malformed("not a whole policy");
  return policy;
}

}  // namespace signing
