#include "trust/snapshot.h"

#include <algorithm>

#include "base/bytes.h"

namespace trust {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

constexpr std::string_view kSchema = "edocvault.trust-snapshot/1";

Error Damaged(const std::string& what) {
  return {ErrorCode::kCorrupted, "trust.store-damaged", "the record of a snapshot: " + what};
}

base::Result<Member> MemberFromJson(const Json& json) {
  const auto bytes = base::HexDecode(json.Text("sha256").value_or("?"));
  const auto digest = bytes ? base::ToSha256Digest(*bytes) : std::nullopt;
  const std::string kind = json.Text("kind").value_or("");
  if (!digest || (kind != "list" && kind != "certificate")) return Damaged("a member");
  return Member{json.Text("name").value_or(""), *digest, kind};
}

}  // namespace

std::string IdOf(std::vector<Member> members) {
  std::ranges::sort(members, {}, &Member::sha256);
  base::Sha256Stream id;
  for (const Member& member : members) id.Update(member.sha256.span());
  return base::HexEncode(std::move(id).Finish().span());
}

bool IsId(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// At each depth the members are set in the order of their names, and no value is a fraction:
// the text is canonical (RFC 8785).
Json SnapshotToJson(const Snapshot& snapshot) {
  Json members = Json::Array{};
  for (const Member& member : snapshot.members) {
    Json one;
    one.Set("kind", member.kind);
    one.Set("name", member.name);
    one.Set("sha256", base::HexEncode(member.sha256.span()));
    members.Push(std::move(one));
  }
  Json json;
  json.Set("created", base::FormatTime(snapshot.created));
  json.Set("id", snapshot.id);
  json.Set("members", std::move(members));
  json.Set("olderAllowed", snapshot.older_allowed.empty() ? Json() : Json(snapshot.older_allowed));
  json.Set("schema", kSchema);
  json.Set("source", snapshot.source);
  return json;
}

base::Result<Snapshot> SnapshotFromJson(const Json& json) {
  if (json.Text("schema") != kSchema) return Damaged("schema");
  const auto created = base::ParseTime(json.Text("created").value_or(""));
  const Json* members = json.Find("members");
  if (!created || members == nullptr || members->AsArray() == nullptr)
    return Damaged("created or members");
  Snapshot snapshot;
  snapshot.id = json.Text("id").value_or("");
  snapshot.created = *created;
  snapshot.source = json.Text("source").value_or("");
  for (const Json& one : *members->AsArray()) {
    ASSIGN_OR_RETURN(Member member, MemberFromJson(one));
    snapshot.members.push_back(std::move(member));
  }
  snapshot.older_allowed = json.Text("olderAllowed").value_or("");
  if (snapshot.id != IdOf(snapshot.members)) return Damaged("its id is not that of its members");
  return snapshot;
}

}  // namespace trust
