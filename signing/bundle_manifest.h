// bundle.json: what is in an evidence bundle and what the run was told (docs/formats/
// evidence-bundle.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/error_text.h"
#include "base/result.h"
#include "signing/verifier.h"

namespace signing {

inline constexpr std::string_view kManifestMember = "bundle.json";
inline constexpr std::string_view kPolicyMember = "policy.json";
inline constexpr std::string_view kFactsMember = "facts.json";
inline constexpr std::string_view kReportMember = "report.json";
inline constexpr std::string_view kIndexMember = "evidence.json";

// What a member is there for. Inputs of the run first.
enum class BundleRole {
  kDocument,
  kData,
  kEvidenceRecord,
  kTrust,
  kPolicy,
  kFacts,
  kReport,
  kIndex,
  kCertificate,
  kOcsp,
  kCrl,
  kTimestamp,
};

// The one name that a member of this role and content has.
std::string BundleMemberName(BundleRole role, const base::Sha256Digest& digest);
// True for what somebody handed in, which has a name of its own.
bool IsInput(BundleRole role);

struct BundleEntry {
  BundleRole role = BundleRole::kDocument;
  std::string name;  // Of an input, as it was handed in; otherwise empty.
  base::Sha256Digest sha256;
  std::uint64_t size = 0;

  std::string Member() const { return BundleMemberName(role, sha256); }
};

struct BundleManifest {
  std::string engine_version;
  base::Time at{};
  base::Language language = base::Language::kEnglish;
  std::string policy_id;
  std::vector<NamedDigest> digests;  // Detached data that is not in the bundle.
  std::vector<BundleEntry> entries;
};

// The member's bytes; the same manifest always has the same.
std::string BundleManifestText(const BundleManifest& manifest);

// Reads exactly what BundleManifestText() gives.
// kInvalidInput "bundle.schema" for another or no schema, "bundle.malformed" for anything else.
base::Result<BundleManifest> ReadBundleManifest(base::ByteSpan text);

}  // namespace signing
