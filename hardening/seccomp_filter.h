// The list of system calls that remain inside the walls.
#pragma once

#include <memory>

namespace hardening {

// A compiled filter. A process may fork many and install it in each.
class SeccompFilter {
 public:
  // Empty when libseccomp refuses: then it cannot be installed.
  static SeccompFilter Compile();

  // For the calling process, for good. Anything not listed kills it with SIGSYS. False when the
  // kernel refuses.
  bool Install() const;

 private:
  struct Program;
  std::shared_ptr<const Program> program_;
};

}  // namespace hardening
