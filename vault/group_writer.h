// GroupWriter: the one thread that appends. Everything queued while a commit was running
// goes into the next one, so that many callers share one wait for the disk.
//
// The order makes a crash at any point harmless: the index follows the entries and can be rebuilt
// from them.
#pragma once

#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "vault/index.h"
#include "vault/ledger.h"
#include "vault/log_store.h"

namespace vault {

// Thread-safe. Borrows the two stores for its life; the log and the index have no other
// writer, but for kept checkpoints.
class GroupWriter {
 public:
  struct Stores {
    const LogStore& log;
    const Index& index;
  };

  // `edge` is the committed end of the log.
  GroupWriter(Stores stores, Edge edge, std::size_t queue_limit);
  ~GroupWriter();  // Commits what is queued, then ends.
  GroupWriter(const GroupWriter&) = delete;
  GroupWriter& operator=(const GroupWriter&) = delete;

  // Waits for the commit. Errors as Ledger::Append().
  base::Result<Appended> Append(Record record);

  // The end of what was committed and indexed.
  TreeHead Head() const;

  // Takes no more appends: what is on disk is not certain any more.
  void Stop();

 private:
  struct Pending {
    Record record;
    base::Bytes encoded;
    Appended appended;
    bool taken = false;  // Its id or alias is.
    std::promise<base::Result<Appended>> answer;
  };
  using Group = std::vector<std::unique_ptr<Pending>>;

  void Run();
  Group NextGroup();  // Waits. Empty: the end.
  void CommitGroup(const Group& group);
  base::Status Write(const Group& group);
  static base::Status PutRows(const Group& group, LogWriter& log, IndexWriter& index);
  base::Status CommitAll(LogWriter log, IndexWriter index);
  base::Status CommitLog(LogWriter log) const;

  const Stores stores_;
  const std::size_t queue_limit_;
  Edge edge_;  // Of the writing thread alone.

  mutable std::mutex mutex_;  // Guards what follows.
  std::condition_variable queued_;
  std::deque<std::unique_ptr<Pending>> queue_;
  TreeHead head_;
  bool ending_ = false;
  bool stopped_ = false;

  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace vault
