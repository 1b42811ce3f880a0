#include "hsm/durable_append.h"

#include <unistd.h>

#include <cerrno>

namespace hsm {

bool AppendDurably(const base::UniqueFd& fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(fd.get()) == 0;
}

}  // namespace hsm
