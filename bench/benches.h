// The benchmarks. `only` names one figure; empty runs all.
#pragma once

#include <cstddef>
#include <string>

namespace bench {

void RunSignBench(const std::string& only);
void RunVerifyBench(const std::string& only);
// `cases`: so many generated inputs.
void RunCostBench(const std::string& only, std::size_t cases);
void RunVaultBench(const std::string& only);
void RunKeyBench(const std::string& only);
void RunBackupBench(const std::string& only);

}  // namespace bench
