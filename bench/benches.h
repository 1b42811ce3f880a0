// The benchmarks. `only` names one figure; empty runs all.
#pragma once

#include <string>

namespace bench {

void RunSignBench(const std::string& only);
void RunVerifyBench(const std::string& only);
void RunVaultBench(const std::string& only);

}  // namespace bench
