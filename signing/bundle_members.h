// What a bundle holds for a run: its inputs, what it made, and the manifest over both.
#pragma once

#include <vector>

#include "signing/bundle_manifest.h"
#include "signing/stored_zip.h"
#include "signing/verify_run.h"

namespace signing {

struct BundlePart {
  BundleEntry entry;
  base::ByteSpan bytes;
};

// What was handed in, in the order of the manifest. Borrows from the request.
std::vector<BundlePart> BundleInputs(const VerifyRequest& request);

// A text or DER object that a run made.
struct MadeMember {
  std::string name;
  base::Bytes bytes;
};
std::vector<MadeMember> BundleOutputs(const VerifyRun& run);

// Parts for made members, in the order of roles and names.
// kInvalidInput "bundle.malformed" where a name is not that of its content.
base::Result<std::vector<BundlePart>> PartsOfMade(const std::vector<StoredMember>& made);

BundleManifest ManifestOf(const VerifyRequest& request, std::string_view engine_version,
                          const std::vector<BundlePart>& parts);

std::string_view EngineVersion();

}  // namespace signing
