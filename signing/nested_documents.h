// Signed containers among the data files of a container: the e-archive puts an eDoc into an eDoc
// (rule L27). Each is verified on its own; neither verdict says anything of the other.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "signing/container.h"
#include "signing/finding.h"
#include "signing/work_budget.h"

namespace signing {

struct NestedDocument {
  std::string name;  // Its path in the container.
  base::Bytes bytes;
};

// Deeper ones are named and not opened.
inline constexpr std::size_t kMaxNesting = 2;

// The data files that are named as containers and begin as archives do. What is more, larger or
// dearer than can be looked at becomes a finding "container.nested-not-verified". Errors: those of
// AsicContainer::Stream().
base::Result<std::vector<NestedDocument>> FindNested(AsicContainer& container, std::size_t depth,
                                                     WorkBudget& budget);

}  // namespace signing
