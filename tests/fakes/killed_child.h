// Runs work in a process of its own and kills it, sooner or later.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>

namespace tests {

// REQUIRES: no other thread in this process, and no LMDB environment open.
inline void KillAfter(useconds_t moment, const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child < 0) std::abort();
  if (child == 0) {
    work();
    ::_exit(0);
  }
  ::usleep(moment);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

}  // namespace tests
