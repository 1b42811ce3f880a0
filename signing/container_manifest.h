// META-INF/manifest.xml (OpenDocument 1.2, part 3): what a container says it holds.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "signing/work_budget.h"

namespace signing {

struct ManifestEntry {
  std::string path;
  std::string media_type;
};

struct ContainerManifest {
  std::string container_type;          // Media type of "/".
  std::vector<ManifestEntry> entries;  // Without "/" and META-INF.
};

// Errors: as CheckXml(), and kInvalidInput "container.manifest-malformed".
base::Result<ContainerManifest> ReadContainerManifest(base::ByteSpan xml,
                                                      std::shared_ptr<WorkBudget> budget);

}  // namespace signing
