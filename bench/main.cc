// edocvault_bench [NAME [CASES]]: one line a figure; see harness.h.
#include <unistd.h>

#include <cstdlib>

#include "bench/benches.h"

int main(int argc, char** argv) {
  // As the supervisor starts the roles: see hardening::Zygote.
  if (std::getenv("LD_BIND_NOW") == nullptr) {
    ::setenv("LD_BIND_NOW", "1", 1);
    ::setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=128", 0);
    ::execv("/proc/self/exe", argv);
  }
  const std::string only = argc > 1 ? argv[1] : "";
  bench::RunSignBench(only);
  bench::RunVerifyBench(only);
  bench::RunCostBench(only, argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1000);
  bench::RunVaultBench(only);
  bench::RunKeyBench(only);
  bench::RunBackupBench(only);
  return 0;
}
