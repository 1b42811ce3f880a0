// Findings about a container: what an auditor should know, with a stable code.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace signing {

enum class FindingSeverity { kInfo, kWarning, kError };

struct Finding {
  std::string_view code;  // Has its sentence in base/error_text.cc.
  FindingSeverity severity;
  std::string detail;  // Which file, what value; printable.
};

using Findings = std::vector<Finding>;

}  // namespace signing
