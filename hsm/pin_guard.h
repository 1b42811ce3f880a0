// PinGuard: tries a PIN at most once, whoever restarts us.
//
// A token locks itself after a few wrong PINs, so a service that is restarted in a loop must
// not try a refused one again. The mark file remembers what became of a PIN file, which it knows
// by its device, inode, size and time of change, never by its content. A corrected PIN file is
// another file to the guard, and is tried.
//
// A token may count a wrong PIN and then hang, so a PIN that it never took is not tried again
// either when it gave no answer. One that it took once is: a hang says nothing against it.
#pragma once

#include <p11-kit/pkcs11.h>

#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/secret.h"

namespace hsm {

// One thread at a time. Processes that share a mark file exclude one another.
class PinGuard {
 public:
  // `pin` is borrowed for the call.
  using Login = std::function<CK_RV(base::ByteSpan pin)>;

  PinGuard(std::filesystem::path pin_file, std::filesystem::path mark_file)
      : pin_file_(std::move(pin_file)), mark_file_(std::move(mark_file)) {}

  // Reads the PIN, lets `login` try it and wipes it.
  //
  // Errors:
  //   kUnavailable "token.pin-refused"     the token refused this PIN file, now or before;
  //                                        if before, `login` was not called
  //   kUnavailable "token.pin-unanswered"  the process ended while the token had this PIN file for
  //                                        the first time; `login` was not called
  //   kUnavailable "token.pin-unreadable"  no PIN file, or it is empty or too long
  //   kUnavailable "token.mark-unwritable" a refusal could not be remembered: not tried
  //   kUnavailable "token.busy"            another process is logging in and takes too long
  //   kUnavailable "token.*"               what else the token answered
  base::Status TryOnce(const Login& login);

 private:
  std::filesystem::path pin_file_;
  std::filesystem::path mark_file_;
  std::string refused_;  // The last refusal, should the disk forget it.
};

}  // namespace hsm
