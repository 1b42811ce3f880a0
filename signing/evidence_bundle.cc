#include "signing/evidence_bundle.h"

#include <algorithm>
#include <set>

#include "signing/bundle_members.h"
#include "signing/walled_answer.h"

namespace signing {
namespace {

using base::Error;
using base::ErrorCode;

base::Error NothingOfOurs() {
  return {ErrorCode::kInternal, "bundle.malformed", "the walled process gave no evidence"};
}

// Names that are not UTF-8 come back from the manifest as others.
bool SurvivesText(const BundleManifest& manifest) {
  const auto read = ReadBundleManifest(base::AsBytes(BundleManifestText(manifest)));
  return read.ok() && read.value().policy_id == manifest.policy_id &&
         std::ranges::equal(read.value().entries, manifest.entries, {}, &BundleEntry::name,
                            &BundleEntry::name) &&
         std::ranges::equal(read.value().digests, manifest.digests, {}, &NamedDigest::name,
                            &NamedDigest::name);
}

}  // namespace

VerifyRequest WithDigestsOnly(VerifyRequest request) {
  std::vector<NamedDigest> digests;
  for (const NamedBytes& file : request.data)
    digests.push_back({file.name, base::Sha256(file.bytes)});
  // Data goes before a digest of the same name, as it does where the data is at hand.
  std::ranges::move(request.digests, std::back_inserter(digests));
  request.digests = std::move(digests);
  request.data.clear();
  return request;
}

base::Bytes CollectEvidence(const VerifyRequest& request) {
  const auto run = RunVerification(request);
  if (!run.ok()) return AnswerOf(run.error());
  return AnswerOf(BundleOutputs(run.value()));
}

base::Result<CollectedEvidence> ReadCollected(base::ByteSpan collected) {
  ASSIGN_OR_RETURN(const std::vector<StoredMember> members, ReadAnswer(collected));
  if (!PartsOfMade(members).ok()) return NothingOfOurs();
  CollectedEvidence evidence;
  for (const StoredMember& member : members) {
    if (member.name == kFactsMember) evidence.facts = base::ToString(member.bytes);
    if (member.name == kReportMember) evidence.report = base::ToString(member.bytes);
    evidence.members.push_back(
        {member.name, base::Bytes(member.bytes.begin(), member.bytes.end())});
  }
  if (evidence.facts.empty() || evidence.report.empty()) return NothingOfOurs();
  return evidence;
}

base::Status WriteBundle(const VerifyRequest& request, const CollectedEvidence& evidence,
                         const std::function<void(base::ByteSpan)>& take) {
  if (!request.policy_text.empty() && IsShippedPolicy(request.policy))
    return Error{ErrorCode::kInvalidInput, "bundle.bad-name", request.policy};
  std::vector<BundlePart> parts = BundleInputs(request);
  std::vector<StoredMember> made;
  for (const CollectedEvidence::Member& member : evidence.members)
    made.push_back({member.name, member.bytes});
  ASSIGN_OR_RETURN(const std::vector<BundlePart> made_parts, PartsOfMade(made));
  std::ranges::copy(made_parts, std::back_inserter(parts));

  const BundleManifest manifest = ManifestOf(request, EngineVersion(), parts);
  if (!SurvivesText(manifest))
    return Error{ErrorCode::kInvalidInput, "bundle.bad-name", "a name that is not UTF-8"};
  const std::string text = BundleManifestText(manifest);
  std::vector<StoredMember> members{{std::string(kManifestMember), base::AsBytes(text)}};
  std::set<std::string> seen;  // The same bytes under two names are one member.
  for (const BundlePart& part : parts)
    if (seen.insert(part.entry.Member()).second)
      members.push_back({part.entry.Member(), part.bytes});
  return WriteStoredZip(std::move(members), take);
}

}  // namespace signing
