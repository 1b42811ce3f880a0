// The report of a verification as a few lines for people: the verdict, what it follows from, and
// each signature. Nested documents follow with their verdict; they were judged in the same way.
//
// Pure function of the report; a terminal is not steered by what a document says.
#pragma once

#include <string>

#include "base/error_text.h"
#include "base/json.h"

namespace cli {

std::string VerifyReportText(const base::Json& report, base::Language language);

}  // namespace cli
