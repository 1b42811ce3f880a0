#include "base/mapped_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <mutex>

namespace base {
namespace {

struct Mappings {
  std::mutex mutex;
  std::map<const std::uint8_t*, std::size_t> sizes;
};

Mappings& All() {
  static Mappings mappings;
  return mappings;
}

bool Holds(const Mappings& mappings, ByteSpan bytes) {
  auto next = mappings.sizes.upper_bound(bytes.data());
  if (next == mappings.sizes.begin()) return false;
  const auto& [start, size] = *--next;
  return bytes.data() + bytes.size() <= start + size;
}

}  // namespace

void GiveBackPages(ByteSpan read) {
  static const auto kPage = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  Mappings& mappings = All();
  const std::lock_guard lock(mappings.mutex);
  if (read.empty() || !Holds(mappings, read)) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(read.data());
  const std::uintptr_t from = (begin + kPage - 1) / kPage * kPage;
  const std::uintptr_t to = (begin + read.size()) / kPage * kPage;
  // Private and never written: nothing is lost.
  if (from < to) ::madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
}

void NoteMapping(ByteSpan mapping) {
  const std::lock_guard lock(All().mutex);
  All().sizes[mapping.data()] = mapping.size();
}

void ForgetMapping(ByteSpan mapping) {
  const std::lock_guard lock(All().mutex);
  All().sizes.erase(mapping.data());
}

}  // namespace base
