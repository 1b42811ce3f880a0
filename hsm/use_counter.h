// UseCounter: how often things were used, across restarts and power cuts.
//
// The file is a log of JSON lines, {"what":"...","count":1,"until":"...","at":"..."}; what is
// over is left out when it is opened next. Whoever can replace the file can have an approval used
// again until it expires: best kept on another volume than the data (docs/formats/keyholder.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace hsm {

// Thread-safe. One process at a time.
class UseCounter {
 public:
  // Made with the first use.
  explicit UseCounter(std::filesystem::path file) : file_(std::move(file)) {}

  struct Use {
    std::string what;
    std::uint32_t limit = 1;  // So often in all.
    base::Time until;         // Then it is forgotten, and none is left to whoever asks for it.
  };

  // Counts up to `wanted` uses, as many as the limit leaves, and says how many; zero: none was
  // left. On stable storage when it returns ok. A clock that goes back is not believed.
  //
  // Errors:
  //   kUnavailable "disk.unwritable" nothing may be done
  //   kCorrupted "uses.damaged"      the file does not read: call a human
  base::Result<std::uint32_t> Take(const Use& use, std::uint32_t wanted, base::Time now);

  // As many as Take() would count now. kCorrupted "uses.damaged", kUnavailable "disk.unwritable".
  base::Result<std::uint32_t> Left(const Use& use, base::Time now);

  // Nothing came of the last `count` that were taken.
  void GiveBack(const Use& use, std::uint32_t count);

  // The later of `now` and the latest that was seen, also before the last restart.
  base::Result<base::Time> NoEarlierThan(base::Time now);

 private:
  struct Count {
    std::int64_t count = 0;
    base::Time until;
  };

  base::Status Load();
  base::Status Read(std::string_view line);
  base::Status Compact();
  void Add(const std::string& what, std::int64_t count, base::Time until);
  std::uint32_t Left(const Use& use) const;
  base::Status Write(const std::string& what, std::int64_t count, base::Time until);

  const std::filesystem::path file_;
  std::mutex mutex_;
  bool loaded_ = false;
  base::UniqueFd log_;
  std::size_t lines_ = 0;
  base::Time latest_{};
  std::map<std::string, Count> counts_;
};

}  // namespace hsm
