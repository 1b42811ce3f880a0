// GroupWriter: the one thread that appends. Everything queued while a commit was running
// goes into the next one, so that many callers share one wait for the disk.
//
// The order makes a crash at any point harmless: the index follows the entries, behind the back of
// those who wait, and can be rebuilt from them.
#pragma once

#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "vault/index_feed.h"
#include "vault/ledger.h"
#include "vault/log_store.h"

namespace vault {

// Thread-safe. Borrows the two stores for its life; the log and the index have no other
// writer, but for kept checkpoints.
class GroupWriter {
 public:
  struct Stores {
    const LogStore& log;
    IndexFeed& index;
  };

  // `edge` is the committed end of the log.
  GroupWriter(Stores stores, Edge edge, std::size_t queue_limit);
  ~GroupWriter();  // Commits what is queued, then ends.
  GroupWriter(const GroupWriter&) = delete;
  GroupWriter& operator=(const GroupWriter&) = delete;

  // Waits for the commit. All or none. Errors as Ledger::AppendAll().
  base::Result<std::vector<Appended>> Append(std::vector<Record> records);

  // The end of what was committed.
  TreeHead Head() const;

  // Takes no more appends: what is on disk is not certain any more.
  void Stop();

 private:
  struct Item {
    Record record;
    base::Bytes encoded;
    Appended appended;
  };
  // What one caller waits for.
  struct Pending {
    std::vector<Item> items;
    std::optional<RecordId> taken;  // The first whose id or alias is: none is appended.
    std::promise<base::Result<std::vector<Appended>>> answer;
  };
  using Group = std::vector<std::unique_ptr<Pending>>;

  void Run();
  Group NextGroup();  // Waits. Empty: the end.
  void CommitGroup(const Group& group);
  base::Status Write(const Group& group);
  base::Status MarkTaken(const Group& group) const;
  static base::Status PutRows(const Group& group, LogWriter& log);
  base::Status CommitAll(LogWriter log);
  void Index(const Group& group, const TreeHead& head);
  base::Status CommitLog(LogWriter log) const;
  static base::Result<std::vector<Appended>> AnswerTo(const Pending& pending);

  const Stores stores_;
  const std::size_t queue_limit_;
  Edge edge_;  // Of the writing thread alone.

  mutable std::mutex mutex_;  // Guards what follows.
  std::condition_variable queued_;
  std::deque<std::unique_ptr<Pending>> queue_;
  std::size_t queued_records_ = 0;
  TreeHead head_;
  bool ending_ = false;
  bool stopped_ = false;

  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace vault
