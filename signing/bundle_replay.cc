// The replay of an evidence bundle.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "signing/bundle_members.h"
#include "signing/canonical_json.h"
#include "signing/evidence_bundle.h"
#include "signing/walled_answer.h"

namespace signing {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::string_view kOutcomeMember = "outcome.json";

using Members = std::map<std::string, base::ByteSpan, std::less<>>;

// Every member listed is there with the bytes listed, and nothing else is.
base::Status CheckMembers(const BundleManifest& manifest, const Members& members) {
  std::set<std::string> listed{std::string(kManifestMember)};
  for (const BundleEntry& entry : manifest.entries) {
    const auto found = members.find(entry.Member());
    if (found == members.end())
      return Error{ErrorCode::kInvalidInput, "bundle.member-missing", entry.Member()};
    const bool same =
        found->second.size() == entry.size && base::Sha256(found->second) == entry.sha256;
    if (!same) return Error{ErrorCode::kInvalidInput, "bundle.member-digest", entry.Member()};
    listed.insert(entry.Member());
  }
  for (const auto& [name, bytes] : members)
    if (!listed.contains(name))
      return Error{ErrorCode::kInvalidInput, "bundle.member-unknown", name};
  return base::Ok();
}

// One of each of what there is one of; roles in the order in which they are written.
base::Status CheckRoles(const BundleManifest& manifest) {
  const auto count = [&](BundleRole role) {
    return std::ranges::count(manifest.entries, role, &BundleEntry::role);
  };
  for (const BundleRole role : {BundleRole::kDocument, BundleRole::kPolicy, BundleRole::kFacts,
                                BundleRole::kReport, BundleRole::kIndex}) {
    if (count(role) == 0)
      return Error{ErrorCode::kInvalidInput, "bundle.member-missing", BundleMemberName(role, {})};
    if (count(role) > 1)
      return Error{ErrorCode::kInvalidInput, "bundle.malformed", BundleMemberName(role, {})};
  }
  if (!std::ranges::is_sorted(manifest.entries, {}, &BundleEntry::role))
    return Error{ErrorCode::kInvalidInput, "bundle.malformed", "the order of members"};
  return base::Ok();
}

struct OpenedBundle {
  BundleManifest manifest;
  Members members;
  Policy policy;
};

base::Result<OpenedBundle> Open(base::ByteSpan bundle) {
  OpenedBundle opened;
  ASSIGN_OR_RETURN(const std::vector<StoredMember> members, ReadStoredZip(bundle));
  for (const StoredMember& member : members) opened.members.emplace(member.name, member.bytes);
  const auto manifest = opened.members.find(kManifestMember);
  if (manifest == opened.members.end())
    return Error{ErrorCode::kInvalidInput, "bundle.member-missing", std::string(kManifestMember)};
  ASSIGN_OR_RETURN(opened.manifest, ReadBundleManifest(manifest->second));
  RETURN_IF_ERROR(CheckRoles(opened.manifest));
  RETURN_IF_ERROR(CheckMembers(opened.manifest, opened.members));
  const std::string_view text = base::AsText(opened.members.find(kPolicyMember)->second);
  ASSIGN_OR_RETURN(const base::Json json, base::Json::Parse(text));
  ASSIGN_OR_RETURN(opened.policy, WholePolicyFromJson(json));
  if (json.Dump() != text)
    return Error{ErrorCode::kInvalidInput, "policy.malformed", "not written as policies are"};
  return opened;
}

// Borrows from the bundle.
VerifyRequest RequestOf(const OpenedBundle& opened) {
  VerifyRequest request;
  request.policy = opened.manifest.policy_id;
  request.whole_policy = &opened.policy;
  request.at = opened.manifest.at;
  request.language = opened.manifest.language;
  request.digests = opened.manifest.digests;
  for (const BundleEntry& entry : opened.manifest.entries) {
    const NamedBytes file{entry.name, opened.members.find(entry.Member())->second};
    if (entry.role == BundleRole::kDocument) {
      request.name = file.name;
      request.document = file.bytes;
    }
    if (entry.role == BundleRole::kData) request.data.push_back(file);
    if (entry.role == BundleRole::kEvidenceRecord) request.evidence_records.push_back(file);
    if (entry.role == BundleRole::kTrust) request.trust.push_back(file);
  }
  return request;
}

// A policy under a shipped name says what the shipped one says, or another engine shipped it.
base::Status CheckPolicyName(const OpenedBundle& opened, std::vector<std::string>& remarks) {
  const auto shipped = ShippedPolicy(opened.manifest.policy_id);
  if (!shipped || PolicyDigest(*shipped) == PolicyDigest(opened.policy)) return base::Ok();
  if (opened.manifest.engine_version == EngineVersion())
    return Error{ErrorCode::kInvalidInput, "bundle.policy", opened.manifest.policy_id};
  remarks.emplace_back("bundle.policy-of-other-engine");
  return base::Ok();
}

std::optional<Error> Difference(std::string_view member, base::ByteSpan written,
                                base::ByteSpan now) {
  if (std::ranges::equal(written, now)) return std::nullopt;
  const auto a = base::Json::Parse(base::AsText(written));
  const auto b = base::Json::Parse(base::AsText(now));
  std::string where = a.ok() && b.ok() ? FirstDifference(a.value(), b.value()) : "";
  // A pointer to the whole is empty, which nobody would see.
  if (where.empty()) where = "(the whole text)";
  return Error{ErrorCode::kCorrupted, "bundle.differs", std::string(member) + ": " + where};
}

std::optional<Error> Compare(const OpenedBundle& opened, const VerifyRequest& request,
                             const std::vector<MadeMember>& made) {
  // The verdict's foundations first: what differs there explains what differs above.
  for (const std::string_view name : {kFactsMember, kReportMember, kIndexMember, kPolicyMember}) {
    const auto now = std::ranges::find(made, name, &MadeMember::name);
    if (auto found = Difference(name, opened.members.find(name)->second, now->bytes)) return found;
  }
  // Then all the rest, by its digests.
  std::vector<StoredMember> members;
  for (const MadeMember& member : made) members.push_back({member.name, member.bytes});
  const auto made_parts = PartsOfMade(members);
  if (!made_parts.ok()) return made_parts.error();
  std::vector<BundlePart> parts = BundleInputs(request);
  std::ranges::copy(made_parts.value(), std::back_inserter(parts));
  const std::string text =
      BundleManifestText(ManifestOf(request, opened.manifest.engine_version, parts));
  return Difference(kManifestMember, opened.members.find(kManifestMember)->second,
                    base::AsBytes(text));
}

MadeMember OutcomeMember(const OpenedBundle& opened, const std::vector<std::string>& remarks,
                         const std::optional<Error>& difference) {
  base::Json list{base::Json::Array{}};
  for (const std::string& remark : remarks) list.Push(remark);
  base::Json json;
  json.Set("engineVersion", opened.manifest.engine_version);
  json.Set("remarks", std::move(list));
  json.Set("difference", difference ? base::ErrorToJson(*difference) : base::Json());
  return {std::string(kOutcomeMember), base::ToBytes(json.Dump())};
}

base::Result<std::vector<MadeMember>> RunAgain(base::ByteSpan bundle) {
  ASSIGN_OR_RETURN(const OpenedBundle opened, Open(bundle));
  std::vector<std::string> remarks;
  RETURN_IF_ERROR(CheckPolicyName(opened, remarks));
  const VerifyRequest request = RequestOf(opened);
  ASSIGN_OR_RETURN(VerifyRun run, RunVerification(request));
  if (opened.manifest.engine_version != EngineVersion()) {
    remarks.emplace_back("bundle.other-engine");
    // Its own version is the one thing in which another engine's report must differ.
    base::Json engine;
    engine.Set("version", opened.manifest.engine_version);
    run.report.Set("engine", std::move(engine));
  }
  std::vector<MadeMember> made = BundleOutputs(run);
  const auto difference = Compare(opened, request, made);
  std::erase_if(made, [](const MadeMember& member) {
    return member.name != kFactsMember && member.name != kReportMember;
  });
  made.push_back(OutcomeMember(opened, remarks, difference));
  return made;
}

}  // namespace

base::Bytes ReplayBundle(base::ByteSpan bundle) {
  const auto made = RunAgain(bundle);
  return made.ok() ? AnswerOf(made.value()) : AnswerOf(made.error());
}

base::Result<Replay> ReadReplay(base::ByteSpan replayed) {
  ASSIGN_OR_RETURN(const std::vector<StoredMember> members, ReadAnswer(replayed));
  Replay replay;
  base::Json outcome;
  for (const StoredMember& member : members) {
    if (member.name == kFactsMember) replay.facts = base::ToString(member.bytes);
    if (member.name == kReportMember) replay.report = base::ToString(member.bytes);
    if (member.name != kOutcomeMember) continue;
    ASSIGN_OR_RETURN(outcome, base::Json::Parse(base::AsText(member.bytes)));
  }
  const base::Json* difference = outcome.Find("difference");
  const base::Json* remarks = outcome.Find("remarks");
  if (difference == nullptr || remarks == nullptr || remarks->AsArray() == nullptr ||
      replay.facts.empty() || replay.report.empty())
    return Error{ErrorCode::kInternal, "bundle.malformed", "the walled process gave no replay"};
  replay.engine_version = outcome.Text("engineVersion").value_or("");
  for (const base::Json& remark : *remarks->AsArray())
    if (remark.AsString() != nullptr) replay.remarks.push_back(*remark.AsString());
  if (difference->is_null()) return replay;
  Error error = base::ErrorFromJson(*difference);
  if (std::ranges::find(replay.remarks, "bundle.other-engine") != replay.remarks.end())
    error.message += " (made by engine " + replay.engine_version + ")";
  return error;
}

}  // namespace signing
