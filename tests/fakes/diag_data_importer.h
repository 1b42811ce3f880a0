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
#include "tests/fakes/shared_folder.h"

namespace tests {

struct OracleCase {
  signing::facts::Document document;
  base::Time time;  // ValidationDate of the file.
};

base::Result<OracleCase> ReadOracleCase(const std::filesystem::path& path);

// What the row asserts beside the indication: of "qualification=QESIG; basic=PASSED" and "basic",
// "PASSED"; empty without.
std::string Asserted(const Row& row, const std::string& key);

// "#n of m in report order": the oracle reports timestamps by their times. Other ids as they are.
std::string ResolveOrder(const std::string& id, const signing::facts::Document& document);

// `name` as in the manifest: a policy file, perhaps with "#crypto-warn" or " + CATALOGUE",
// perhaps " for CONTEXT". kNotFound for a form that the importer does not read.
base::Result<signing::Policy> ReadOraclePolicy(const std::filesystem::path& folder,
                                               const std::string& name);

}  // namespace tests
