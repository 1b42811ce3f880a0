#include "hardening/zygote.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>

namespace hardening {

void UseUtc() {
  ::setenv("TZ", "UTC0", 1);  // NOLINT(concurrency-mt-unsafe): one thread, as the header says
  ::tzset();
}

Zygote::Zygote() {
  UseUtc();
}

MappedSize::MappedSize() : statm_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)) {}

std::optional<std::size_t> MappedSize::Now() const {
  std::array<char, 64> text{};
  if (!statm_.valid() || ::pread(statm_.get(), text.data(), text.size() - 1, 0) <= 0)
    return std::nullopt;
  const std::size_t pages = std::strtoull(text.data(), nullptr, 10);
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace hardening
