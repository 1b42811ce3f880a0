// Reads the verdict oracle of ../shared/vectors/verdicts into the engine's own structs.
//
// For tests only: DiagnosticData XML to facts, and policy XML to a policy. Facts stay facts:
// nothing is decided here.
#pragma once

#include <filesystem>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "signing/facts.h"
#include "signing/policy.h"

namespace tests {

struct OracleCase {
  signing::facts::Document document;
  base::Time time;  // ValidationDate of the file.
};

base::Result<OracleCase> ReadOracleCase(const std::filesystem::path& path);

// `name` as in the manifest: a policy file, perhaps with "#crypto-warn" or " + CATALOGUE",
// perhaps " for CONTEXT". kNotFound for a form that the importer does not read.
base::Result<signing::Policy> ReadOraclePolicy(const std::filesystem::path& folder,
                                               const std::string& name);

}  // namespace tests
