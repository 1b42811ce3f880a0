#include "hardening/seccomp_filter.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/c_handle.h"

namespace hardening {
namespace {

using Filter = base::CHandle<void, seccomp_release>;

// Computing, memory, and bytes on descriptors that are open already.
constexpr std::array kAllowed = {
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

#ifdef EDOCVAULT_SANITIZED
// What the sanitizers' runtime itself does to report an error or map its shadow.
constexpr std::array kSanitizers = {
    SCMP_SYS(mmap),       SCMP_SYS(mprotect),  SCMP_SYS(openat),    SCMP_SYS(readlink),
    SCMP_SYS(newfstatat), SCMP_SYS(getrlimit), SCMP_SYS(prlimit64), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getuid),     SCMP_SYS(geteuid),   SCMP_SYS(prctl),     SCMP_SYS(ioctl),
    SCMP_SYS(fcntl),      SCMP_SYS(pipe2),
};
#endif

bool Allow(scmp_filter_ctx filter, int call) {
  return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 0, nullptr) == 0;
}

bool AllowIf(scmp_filter_ctx filter, int call, const scmp_arg_cmp& condition) {
  return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &condition) == 0;
}

// Memory may be mapped, never as code.
bool AllowMemory(scmp_filter_ctx filter) {
#ifdef EDOCVAULT_SANITIZED
  return std::ranges::all_of(kSanitizers, [filter](int call) { return Allow(filter, call); });
#else
  constexpr scmp_arg_cmp kNotCode{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0};
  return AllowIf(filter, SCMP_SYS(mmap), kNotCode) && AllowIf(filter, SCMP_SYS(mprotect), kNotCode);
#endif
}

// abort() signals its own process; nothing else may be signalled.
bool AllowAbort(scmp_filter_ctx filter) {
  const scmp_arg_cmp self{0, SCMP_CMP_EQ, static_cast<std::uint64_t>(::getpid()), 0};
  return AllowIf(filter, SCMP_SYS(tgkill), self);
}

}  // namespace

bool InstallSeccompFilter() {
  const Filter filter{seccomp_init(SCMP_ACT_KILL_PROCESS)};
  if (!filter) return false;
  for (const int call : kAllowed)
    if (!Allow(filter.get(), call)) return false;
  return AllowMemory(filter.get()) && AllowAbort(filter.get()) && seccomp_load(filter.get()) == 0;
}

}  // namespace hardening
