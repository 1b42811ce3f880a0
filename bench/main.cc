// edocvault_bench [NAME [CASES]]: one line a figure; see harness.h.
#include <cstdlib>

#include "bench/benches.h"

int main(int argc, char** argv) {
  const std::string only = argc > 1 ? argv[1] : "";
  bench::RunSignBench(only);
  bench::RunVerifyBench(only);
  bench::RunCostBench(only, argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1000);
  bench::RunVaultBench(only);
  return 0;
}
