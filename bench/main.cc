// edocvault_bench [NAME]: one line a figure; see harness.h.
#include "bench/benches.h"

int main(int argc, char** argv) {
  const std::string only = argc > 1 ? argv[1] : "";
  bench::RunSignBench(only);
  bench::RunVerifyBench(only);
  bench::RunVaultBench(only);
  return 0;
}
