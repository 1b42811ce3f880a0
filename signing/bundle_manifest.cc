#include "signing/bundle_manifest.h"

#include <algorithm>
#include <array>

#include "signing/canonical_json.h"

namespace signing {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

constexpr std::string_view kSchema = "edocvault.evidence-bundle/1";

struct RoleText {
  std::string_view name;
  std::string_view place;   // A member of this name, or a folder that ends with "/".
  std::string_view ending;  // Behind the digest, in a folder.
};
// In the order of enum BundleRole.
constexpr std::array<RoleText, 12> kRoles{{
    {"document", "document", ""},
    {"data", "data/", ""},
    {"evidence-record", "evidence-records/", ""},
    {"trust", "trust/", ""},
    {"policy", kPolicyMember, ""},
    {"facts", kFactsMember, ""},
    {"report", kReportMember, ""},
    {"evidence-index", kIndexMember, ""},
    {"certificate", "certificates/", ".der"},
    {"ocsp", "ocsp/", ".der"},
    {"crl", "crl/", ".der"},
    {"timestamp", "timestamps/", ".der"},
}};
static_assert(kRoles.size() == static_cast<std::size_t>(BundleRole::kTimestamp) + 1);

Error Malformed(std::string_view where) {
  return {ErrorCode::kInvalidInput, "bundle.malformed", std::string(where)};
}

base::Result<base::Sha256Digest> DigestIn(const Json& json) {
  const auto bytes = base::HexDecode(json.Text("sha256").value_or(""));
  const auto digest = bytes ? base::ToSha256Digest(*bytes) : std::nullopt;
  if (!digest) return Malformed("sha256");
  return *digest;
}

Json EntryToJson(const BundleEntry& entry) {
  Json json;
  json.Set("member", entry.Member());
  json.Set("role", kRoles.at(static_cast<std::size_t>(entry.role)).name);
  if (IsInput(entry.role)) json.Set("name", entry.name);
  json.Set("sha256", base::HexEncode(entry.sha256.span()));
  json.Set("size", static_cast<std::int64_t>(entry.size));
  return json;
}

base::Result<BundleEntry> EntryFromJson(const Json& json) {
  const auto role = std::ranges::find(kRoles, json.Text("role").value_or(""), &RoleText::name);
  const std::int64_t size = json.Integer("size").value_or(-1);
  if (role == kRoles.end() || size < 0) return Malformed("members");
  BundleEntry entry;
  entry.role = static_cast<BundleRole>(role - kRoles.begin());
  entry.name = json.Text("name").value_or("");
  entry.size = static_cast<std::uint64_t>(size);
  ASSIGN_OR_RETURN(entry.sha256, DigestIn(json));
  return entry;
}

const Json::Array& ItemsOf(const Json& json, std::string_view name) {
  static const Json::Array kNone;
  const Json* member = json.Find(name);
  return member == nullptr || member->AsArray() == nullptr ? kNone : *member->AsArray();
}

std::string TextIn(const Json& json, std::string_view object, std::string_view name) {
  const Json* inner = json.Find(object);
  return inner == nullptr ? "" : inner->Text(name).value_or("");
}

}  // namespace

std::string BundleMemberName(BundleRole role, const base::Sha256Digest& digest) {
  const RoleText& text = kRoles.at(static_cast<std::size_t>(role));
  std::string name(text.place);
  if (!name.ends_with('/')) return name;
  return name + base::HexEncode(digest.span()) + std::string(text.ending);
}

bool IsInput(BundleRole role) {
  return role < BundleRole::kPolicy;
}

std::string BundleManifestText(const BundleManifest& manifest) {
  Json engine;
  engine.Set("version", manifest.engine_version);
  Json policy;
  policy.Set("id", manifest.policy_id);
  Json digests{Json::Array{}};
  for (const NamedDigest& digest : manifest.digests) {
    Json json;
    json.Set("name", digest.name);
    json.Set("sha256", base::HexEncode(digest.sha256.span()));
    digests.Push(std::move(json));
  }
  Json members{Json::Array{}};
  for (const BundleEntry& entry : manifest.entries) {
    if (entry.role == BundleRole::kPolicy)
      policy.Set("sha256", base::HexEncode(entry.sha256.span()));
    members.Push(EntryToJson(entry));
  }
  Json json;
  json.Set("schema", kSchema);
  json.Set("engine", std::move(engine));
  json.Set("validationTime", base::FormatTime(manifest.at));
  json.Set("language", manifest.language == base::Language::kLatvian ? "lv" : "en");
  json.Set("policy", std::move(policy));
  json.Set("digests", std::move(digests));
  json.Set("members", std::move(members));
  return CanonicalText(json);
}

base::Result<BundleManifest> ReadBundleManifest(base::ByteSpan text) {
  const auto json = Json::Parse(base::AsText(text));
  if (!json.ok()) return Malformed(kManifestMember);
  if (json.value().Text("schema") != kSchema)
    return Error{ErrorCode::kInvalidInput, "bundle.schema",
                 json.value().Text("schema").value_or("none")};
  BundleManifest manifest;
  const auto at = base::ParseTime(json.value().Text("validationTime").value_or(""));
  if (!at) return Malformed("validationTime");
  manifest.at = *at;
  manifest.engine_version = TextIn(json.value(), "engine", "version");
  manifest.policy_id = TextIn(json.value(), "policy", "id");
  if (json.value().Text("language") == "lv") manifest.language = base::Language::kLatvian;
  for (const Json& item : ItemsOf(json.value(), "digests")) {
    ASSIGN_OR_RETURN(const base::Sha256Digest digest, DigestIn(item));
    manifest.digests.push_back({item.Text("name").value_or(""), digest});
  }
  for (const Json& item : ItemsOf(json.value(), "members")) {
    ASSIGN_OR_RETURN(BundleEntry entry, EntryFromJson(item));
    manifest.entries.push_back(std::move(entry));
  }
  // The text decides: whatever it says beside this is not said in a bundle.
  if (BundleManifestText(manifest) != base::AsText(text)) return Malformed(kManifestMember);
  return manifest;
}

}  // namespace signing
