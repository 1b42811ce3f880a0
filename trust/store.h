// Store: trust snapshots on disk, named by what they hold, never changed and never deleted.
//
//   DIR/trust/objects/<sha256>      the files themselves
//   DIR/trust/snapshots/<id>.json   which files make a snapshot (snapshot.h)
//   DIR/trust/current               which snapshot was in use since when, the last one now
//
// Every file is written beside its name, synced and renamed; `current` last, so that after a
// power cut the old or the new snapshot is in use. Writers wait for each other at DIR/trust/lock;
// readers need no lock. Every byte read is held against its digest. Opens no list itself: what
// is in the files comes from Describe() (material.h). Thread-safe. To import files, use
// ImportFiles() (import.h).
//
// Errors of all that read: kNotFound "trust.no-snapshot"; kCorrupted "trust.store-damaged" for a
// file that is not what its name or record says, a link among them. Of all that write:
// kUnavailable "disk.unwritable".
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "trust/material.h"
#include "trust/snapshot.h"

namespace trust {

struct ImportOrder {
  const Files* files = nullptr;             // Borrowed.
  const base::Json* description = nullptr;  // Describe() of them.
  // Describe() of the files of Latest(), read for this import: what the new lists are held
  // against is what those bytes say, never what a record says of them. nullptr: there is none.
  const base::Json* latest = nullptr;
  std::string source = "files";  // Or "courier".
  std::string allow_older;       // A reason lets older lists in.
  base::Time now{};
};

// kInvalidInput "trust.import-unverified" when the description (of Describe()) has a list that
// counts for nothing: not signed by whom it must be, unreadable, or issued in the future.
base::Status RefuseUnverified(const base::Json& description);

// The first list of `after` that is older than the same list of `before`, and both sequence
// numbers, for people; empty when none is. Both are of Describe().
std::string OlderList(const base::Json& before, const base::Json& after);

class Store {
 public:
  explicit Store(const std::filesystem::path& dir) : root_(dir / "trust") {}

  // Keeps the files and takes them into use, unless another snapshot is pinned. The same files
  // again are the same snapshot, with its first record.
  //   kInvalidInput "trust.nothing-usable"     neither list nor certificate
  //   kInvalidInput "trust.import-unverified"  a list is not signed by whom it must be
  //   kConflict     "trust.import-older"       a list is older than the latest import's
  //   kConflict     "trust.import-raced"       `latest` is not of the latest import (any more)
  base::Result<Snapshot> Import(const ImportOrder& order) const;

  // `word`: an id, its first eight digits or more, "current", or "latest" (imported).
  base::Result<std::string> Resolve(const std::string& word) const;
  base::Result<Snapshot> Read(const std::string& id) const;
  base::Result<Files> ReadFiles(const Snapshot& snapshot) const;
  // The latest import, in use or not; nullopt before the first.
  base::Result<std::optional<std::string>> Latest() const;
  // By time of creation; without any: an empty list.
  base::Result<std::vector<Snapshot>> List() const;

  // The one in use now, or at that time.
  base::Result<std::string> Current() const;
  base::Result<std::string> CurrentAt(base::Time time) const;
  // The one that stays in use whatever is imported; nullopt: none.
  base::Result<std::optional<std::string>> Pinned() const;

  base::Status Pin(const std::string& id, base::Time now) const;
  // The latest import comes into use. kNotFound "trust.no-snapshot" without any.
  base::Status Unpin(base::Time now) const;

 private:
  struct Usage;  // What `current` says.

  base::Result<Usage> ReadUsage() const;
  base::Status WriteUsage(const Usage& usage) const;
  base::Status Prepare() const;
  base::Status RefuseOlder(const ImportOrder& order, const Usage& usage) const;
  base::Status KeepObjects(const ImportOrder& order, const Snapshot& snapshot) const;
  base::Result<Snapshot> KeepRecord(Snapshot snapshot) const;

  std::filesystem::path root_;
};

}  // namespace trust
