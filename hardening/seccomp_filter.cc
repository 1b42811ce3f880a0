#include "hardening/seccomp_filter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/c_handle.h"
#include "base/unique_fd.h"

namespace hardening {
namespace {

// Stands for the process that will be inside the walls: no process has so high a number.
constexpr std::uint32_t kThisProcess = 0x7EDC0DE5;

using Filter = base::CHandle<void, seccomp_release>;

// Computing, memory, and writing to descriptors that are open already. Nothing is read: standard
// error may be a terminal, open for both.
constexpr std::array kAllowed = {
    SCMP_SYS(write),          SCMP_SYS(writev),        SCMP_SYS(close),
    SCMP_SYS(fstat),          SCMP_SYS(brk),           SCMP_SYS(munmap),
    SCMP_SYS(mremap),         SCMP_SYS(madvise),       SCMP_SYS(futex),
    SCMP_SYS(sched_yield),    SCMP_SYS(getpid),        SCMP_SYS(gettid),
    SCMP_SYS(getrandom),      SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
    SCMP_SYS(time),           SCMP_SYS(rt_sigreturn),  SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(sigaltstack),   SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),           SCMP_SYS(exit_group),
};

#ifdef EDOCVAULT_SANITIZED
// What the sanitizers' runtime itself does to report an error or map its shadow.
constexpr std::array kSanitizers = {
    SCMP_SYS(mmap),       SCMP_SYS(mprotect),  SCMP_SYS(openat),    SCMP_SYS(readlink),
    SCMP_SYS(newfstatat), SCMP_SYS(getrlimit), SCMP_SYS(prlimit64), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getuid),     SCMP_SYS(geteuid),   SCMP_SYS(prctl),     SCMP_SYS(ioctl),
    SCMP_SYS(fcntl),      SCMP_SYS(pipe2),     SCMP_SYS(read),      SCMP_SYS(lseek),
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

// abort() signals its own process; nothing else may be signalled. Which process that is is filled
// in when the filter is installed.
bool AllowAbort(scmp_filter_ctx filter) {
  const scmp_arg_cmp self{0, SCMP_CMP_EQ, kThisProcess, 0};
  return AllowIf(filter, SCMP_SYS(tgkill), self);
}

std::vector<sock_filter> Export(scmp_filter_ctx filter) {
  const base::UniqueFd file{::memfd_create("filter", MFD_CLOEXEC)};
  if (!file.valid() || seccomp_export_bpf(filter, file.get()) != 0) return {};
  const off_t size = ::lseek(file.get(), 0, SEEK_END);
  if (size <= 0 || static_cast<std::size_t>(size) % sizeof(sock_filter) != 0) return {};
  std::vector<sock_filter> program(static_cast<std::size_t>(size) / sizeof(sock_filter));
  if (::pread(file.get(), program.data(), static_cast<std::size_t>(size), 0) != size) return {};
  return program;
}

}  // namespace

struct SeccompFilter::Program {
  std::vector<sock_filter> instructions;
};

SeccompFilter SeccompFilter::Compile() {
  SeccompFilter compiled;
  const Filter filter{seccomp_init(SCMP_ACT_KILL_PROCESS)};
  if (!filter) return compiled;
  for (const int call : kAllowed)
    if (!Allow(filter.get(), call)) return compiled;
  if (AllowMemory(filter.get()) && AllowAbort(filter.get()))
    compiled.program_ = std::make_shared<const Program>(Program{Export(filter.get())});
  return compiled;
}

bool SeccompFilter::Install() const {
  if (program_ == nullptr) return false;
  std::vector<sock_filter> program = program_->instructions;
  std::size_t places = 0;
  for (sock_filter& instruction : program) {
    if (instruction.k != kThisProcess || BPF_CLASS(instruction.code) != BPF_JMP) continue;
    instruction.k = static_cast<std::uint32_t>(::getpid());
    ++places;
  }
  if (places != 1) return false;
  const sock_fprog whole{static_cast<unsigned short>(program.size()), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) == 0;
}

}  // namespace hardening
