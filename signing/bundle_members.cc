#include "signing/bundle_members.h"

#include <algorithm>

#include "signing/canonical_json.h"

namespace signing {
namespace {

BundlePart PartOf(BundleRole role, std::string name, base::ByteSpan bytes) {
  return {{role, std::move(name), base::Sha256(bytes), bytes.size()}, bytes};
}

}  // namespace

std::vector<BundlePart> BundleInputs(const VerifyRequest& request) {
  std::vector<BundlePart> parts;
  parts.push_back(PartOf(BundleRole::kDocument, request.name, request.document));
  for (const NamedBytes& file : request.data)
    parts.push_back(PartOf(BundleRole::kData, file.name, file.bytes));
  for (const NamedBytes& file : request.evidence_records)
    parts.push_back(PartOf(BundleRole::kEvidenceRecord, file.name, file.bytes));
  std::vector<BundlePart> trust;
  for (const NamedBytes& file : request.trust)
    trust.push_back(PartOf(BundleRole::kTrust, file.name, file.bytes));
  // As the run takes them (trust_input.h).
  std::ranges::stable_sort(trust, {}, [](const BundlePart& part) {
    return std::pair(part.entry.sha256, std::string_view(part.entry.name));
  });
  std::ranges::move(trust, std::back_inserter(parts));
  return parts;
}

std::vector<MadeMember> BundleOutputs(const VerifyRun& run) {
  std::vector<MadeMember> made;
  const auto add = [&](std::string_view name, std::string_view text) {
    made.push_back({std::string(name), base::ToBytes(text)});
  };
  // Without a line feed: its digest is the policy's identity in reports.
  add(kPolicyMember, PolicyToJson(run.policy).Dump());
  add(kFactsMember, CanonicalText(run.facts));
  add(kReportMember, run.report.DumpIndented() + "\n");
  add(kIndexMember, CanonicalText(run.evidence.Index()));
  for (const auto& [name, bytes] : run.evidence.Members())
    made.push_back({name, base::Bytes(bytes.begin(), bytes.end())});
  return made;
}

base::Result<std::vector<BundlePart>> PartsOfMade(const std::vector<StoredMember>& made) {
  std::vector<BundlePart> parts;
  for (const StoredMember& member : made) {
    const base::Sha256Digest digest = base::Sha256(member.bytes);
    BundleRole role = BundleRole::kPolicy;
    while (BundleMemberName(role, digest) != member.name) {
      if (role == BundleRole::kTimestamp)
        return base::Error{base::ErrorCode::kInvalidInput, "bundle.malformed", member.name};
      role = static_cast<BundleRole>(static_cast<int>(role) + 1);
    }
    parts.push_back({{role, "", digest, member.bytes.size()}, member.bytes});
  }
  std::ranges::sort(parts, {}, [](const BundlePart& part) {
    return std::pair(part.entry.role, part.entry.sha256);
  });
  return parts;
}

BundleManifest ManifestOf(const VerifyRequest& request, std::string_view engine_version,
                          const std::vector<BundlePart>& parts) {
  BundleManifest manifest;
  manifest.engine_version = engine_version;
  manifest.at = request.at;
  manifest.language = request.language;
  manifest.policy_id = request.policy;
  manifest.digests = request.digests;
  for (const BundlePart& part : parts) manifest.entries.push_back(part.entry);
  return manifest;
}

std::string_view EngineVersion() {
  return EDOCVAULT_VERSION;
}

}  // namespace signing
