// Zygote: what a process that forks many walled ones has ready for them: the system call filter,
// compiled once, and /proc, opened once.
#pragma once

#include <cstddef>
#include <optional>

#include "base/unique_fd.h"
#include "hardening/seccomp_filter.h"

namespace hardening {

// Local time would be read from a file at its first use. Behind the walls there are no files, and
// a result must not depend on where it was computed. REQUIRES: one thread.
void UseUtc();

// Address space that a process has mapped, in bytes.
class MappedSize {
 public:
  // Of the calling process, whoever asks later.
  MappedSize();
  // As it is now; nullopt when the kernel does not tell.
  std::optional<std::size_t> Now() const;

 private:
  base::UniqueFd statm_;
};

// Of the process that makes it; its children get less work, and the same walls.
class Zygote {
 public:
  // From here on the process, too, has UTC; and if it was started with LD_BIND_NOW=1, its children
  // do not get the libraries that only other roles call (HTTP, LDAP, Kerberos, LMDB...): what reads
  // hostile bytes has nothing to reach a network with, and a fork has less to copy. REQUIRES: one
  // thread; no walled work calls those libraries.
  Zygote();

  // Right after a fork the child has the same.
  std::optional<std::size_t> MappedBytes() const { return mapped_.Now(); }
  const SeccompFilter& filter() const { return filter_; }

 private:
  MappedSize mapped_;
  SeccompFilter filter_ = SeccompFilter::Compile();
};

}  // namespace hardening
