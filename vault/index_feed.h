// IndexFeed: brings the index after the ledger, so that an append need not wait for it.
//
// Entries come here once they are on stable storage. A reader first waits until what was
// acknowledged before it came is indexed, so everybody reads what they wrote; how far the index may
// lag is bounded.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "vault/index.h"
#include "vault/ledger.h"

namespace vault {

// Thread-safe. Borrows the index, which has no other writer, for its life.
class IndexFeed {
 public:
  struct Entry {
    EntryNumber number;
    Record record;
  };

  // Whoever pushes waits while more than `backlog` entries are not indexed yet.
  explicit IndexFeed(const Index& index, std::size_t backlog = 16'384);
  ~IndexFeed();  // Indexes what was pushed, then ends.
  IndexFeed(const IndexFeed&) = delete;
  IndexFeed& operator=(const IndexFeed&) = delete;

  // For each, whether its id, or for a client its alias, is taken: in the index, on the way there,
  // or by one before it. Errors as AwaitAll(), but a full disk only once
  // the index lags too far behind.
  base::Result<std::vector<bool>> Taken(const std::vector<const Record*>& records) const;

  // In the order of the ledger; `head` is the tree up to the last of them.
  void Push(std::vector<Entry> entries, const TreeHead& head);

  // Waits until all that was pushed before is indexed.
  // kUnavailable "disk.full" while there is no room for it; "ledger.stopped" when it cannot go on:
  // the index is then caught up, or made anew, when the ledger is next opened.
  base::Status AwaitAll() const;

 private:
  struct Batch {
    std::vector<Entry> entries;
    TreeHead head;
  };

  void Run();
  void NoteFailure(const base::Error& error);
  base::Status Apply(const std::deque<Batch>& batches) const;

  const Index& index_;
  const std::size_t backlog_;

  mutable std::mutex mutex_;  // Guards what follows.
  mutable std::condition_variable changed_;
  std::deque<Batch> waiting_;
  std::set<base::Bytes> on_the_way_;  // Ids and aliases that are not in the index yet.
  std::uint64_t pushed_ = 0;          // Entries, ever.
  std::uint64_t indexed_ = 0;
  std::optional<base::Error> failure_;
  bool stopped_ = false;  // For good.
  bool ending_ = false;

  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace vault
