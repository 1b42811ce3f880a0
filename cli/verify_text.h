// The report of a verification as a few lines for people.
#pragma once

#include <string>

#include "base/error_text.h"
#include "base/json.h"

namespace cli {

std::string VerifyReportText(const base::Json& report, base::Language language);

}  // namespace cli
