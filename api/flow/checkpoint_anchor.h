// CheckpointAnchor: the newest checkpoint in a file off the data's volume, so that a ledger that
// was set back to an older copy is noticed at start. It helps when no witness can be reached.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "vault/ledger.h"

namespace api {

// One thread at a time.
class CheckpointAnchor {
 public:
  // An empty path: no anchor, and nothing below does anything.
  CheckpointAnchor(std::filesystem::path path, std::string origin)
      : path_(std::move(path)), origin_(std::move(origin)) {}

  // Ok when the ledger holds what the anchor says, and when there is no anchor yet. An anchor of
  // another origin counts when the ledger was recovered from that very log and says so, and with at
  // least so many entries of it known.
  // kCorrupted "ledger.rolled-back" when it is smaller, or another one of that size;
  // kCorrupted "anchor.damaged" when the file does not read: neither is to be started over.
  base::Status Check(const vault::Ledger& ledger);

  // Puts the note on stable storage, unless that size is there already.
  // kUnavailable "disk.unwritable".
  base::Status Keep(const vault::Ledger::Checkpoint& checkpoint);

 private:
  base::Status CheckOlder(std::string_view note, const vault::Ledger& ledger);

  const std::filesystem::path path_;
  const std::string origin_;
  std::uint64_t size_ = 0;  // Of what is in the file, as far as known.
};

}  // namespace api
