// The list of system calls that remain inside the walls.
#pragma once

namespace hardening {

// Installs the filter for the calling process, for good. Anything not listed kills it with
// SIGSYS. False when the kernel or libseccomp refuses.
bool InstallSeccompFilter();

}  // namespace hardening
