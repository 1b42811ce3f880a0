// TokenChoice: which of two tokens is used, so that one that stays away is replaced and none flaps.
//
// A token that cannot be opened keeps its turn for a while; then it is the other's, until that one
// cannot be opened for as long. Nothing goes back by itself because the first is there again.
//
// The file remembers it across restarts, for a token that hangs ends the process each time:
// {"use":"first","failing":"<time or empty>","last":"<time>"}. One that is missing or does not
// read means the first.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include "base/clock.h"

namespace hsm {

// One thread at a time.
class TokenChoice {
 public:
  // With no `mark` there is only the first.
  TokenChoice(std::filesystem::path mark, std::chrono::seconds patience)
      : mark_(std::move(mark)), patience_(patience) {}

  bool is_second() const { return second_; }

  // Before each try to open the token in use. True: from now on it is the other's turn.
  bool Try(base::Time now);
  // It is open.
  void Worked();

 private:
  void Load();
  void Save();

  const std::filesystem::path mark_;
  const std::chrono::seconds patience_;
  bool loaded_ = false;
  bool second_ = false;
  std::optional<base::Time> failing_;  // Since.
  base::Time last_{};                  // Try.
  base::Time saved_{};
};

}  // namespace hsm
