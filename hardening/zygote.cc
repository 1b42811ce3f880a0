#include "hardening/zygote.h"

#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

namespace hardening {

void UseUtc() {
  ::setenv("TZ", "UTC0", 1);  // NOLINT(concurrency-mt-unsafe): one thread, as the header says
  ::tzset();
}

namespace {

// By the beginning of the file name: what comes with libcurl (which Xerces-C asks for), and what
// the other roles need. Not among them is who wants to be told of forks (libgnutls, libp11-kit,
// libp11): that is called in the child.
constexpr auto kOfOthers = std::to_array<std::string_view>(
    {"libPoco", "libbrotli", "libcom_err",  "libcurl", "libexpat",  "libffi",
     "libgmp",  "libgssapi", "libhogweed",  "libidn2", "libk5",     "libkeyutils",
     "libkrb5", "liblber",   "libldap",     "liblmdb", "libnettle", "libnghttp",
     "libpcre", "libpsl",    "libresolv",   "librtmp", "libsasl",   "libssh2",
     "libssl",  "libtasn1",  "libunistring"});

// Whether all symbols were bound when the program was started. Else the linker may have to look
// through any library at the first call of a function.
[[maybe_unused]] bool IsBound() {
  const base::UniqueFd file{::open("/proc/self/environ", O_RDONLY | O_CLOEXEC)};
  std::string text(std::size_t{128} * 1024, '\0');
  const ssize_t size = file.valid() ? ::read(file.get(), text.data(), text.size()) : 0;
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  return ('\0' + text).find(std::string("\0LD_BIND_NOW=1", 14)) != std::string::npos;
}

[[maybe_unused]] int LeaveOut(dl_phdr_info* info, std::size_t /*size*/, void* /*context*/) {
  const std::string_view path = info->dlpi_name;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (std::ranges::none_of(kOfOthers, [&](std::string_view one) { return name.starts_with(one); }))
    return 0;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = info->dlpi_phdr[i];
    if (part.p_type != PT_LOAD) continue;
    const std::uintptr_t begin = (info->dlpi_addr + part.p_vaddr) / page * page;
    const std::uintptr_t end = info->dlpi_addr + part.p_vaddr + part.p_memsz;
    ::madvise(reinterpret_cast<void*>(begin), (end - begin + page - 1) / page * page,
              MADV_DONTFORK);
  }
  return 0;
}

}  // namespace

Zygote::Zygote() {
  UseUtc();
#ifndef EDOCVAULT_SANITIZED  // The sanitizers look at all libraries.
  if (IsBound()) ::dl_iterate_phdr(LeaveOut, nullptr);
#endif
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
