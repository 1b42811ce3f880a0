// BatchQueue: the batches that are not finished, a chunk at a time. Agencies take turns, and so do
// the batches of one agency, but for those that come after its first kAtOnce.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "api/caller.h"
#include "api/flow/batch_work.h"

namespace api {

// Thread-safe. Has one thread of its own; stops when destroyed, after the step that runs. What is
// unfinished then goes on when the next one starts.
class BatchQueue {
 public:
  // How long a batch waits for what was away. Well under what a caller would notice.
  static constexpr std::chrono::milliseconds kRest{500};

  // Of one agency are begun, however many it ordered: what they have come to is in memory.
  static constexpr std::size_t kAtOnce = 16;

  // So many callers wait as long as they like; further ones this long, each holding a thread of the
  // server.
  static constexpr std::size_t kMostPatient = 8;
  static constexpr std::chrono::milliseconds kShortWait{1000};

  // Borrows what `parts` names.
  explicit BatchQueue(const BatchParts& parts) : parts_(parts) {}

  // Takes up what the store has unfinished, and works. Called once; nothing is sealed before.
  void Start();

  struct Progress {
    std::string id;
    std::size_t items = 0;
    std::size_t sealed = 0;
    std::size_t failed = 0;
    std::string waiting_for;  // Stable reason of what it waits for; empty: it does not.

    bool done() const { return sealed + failed == items; }
  };
  // The order is kept, durably, when this returns ok.
  //
  // Errors: those of BatchStore::Put() and RequireOwnKey(), and kInvalidInput
  //   "idempotency.key-required" 1 to 100 visible ASCII characters
  //   "batch.bad-size"           1 to BatchOrder::kMostItems items, of 1 to 100 documents each
  //   "sign.bad-form"            container and detached are the forms over digests
  //   "sign.needs-documents"     LTA covers the documents themselves
  base::Result<Progress> Submit(const Caller& caller, BatchOrder order);

  // Waits until it is done, at most so long. kNotFound "batch.unknown", also for another caller's.
  base::Result<Progress> Look(const Caller& caller, const std::string& id,
                              std::chrono::milliseconds wait = {});

  // The outcomes of a chunk. kNotFound "batch.unknown", "batch.not-yet".
  base::Result<std::vector<Outcome>> Results(const Caller& caller, const std::string& id,
                                             std::size_t chunk);

  // What the ledger says of each call of the token for a chunk: attempt, reason, count, entry.
  // kNotFound "batch.unknown"; those of ReadSealing().
  base::Result<std::vector<base::Json>> Sealings(const Caller& caller, const std::string& id,
                                                 std::size_t chunk);

 private:
  struct Batch {
    std::string caller;
    std::string agency;
    std::size_t items = 0;
    std::string waiting_for{};
    std::map<std::size_t, BatchStore::Counts> chunks{};
    std::unique_ptr<BatchWork> work{};  // The chunk under way. Of the thread alone.

    bool done() const { return chunks.size() == BatchOrder::ChunksOf(items); }
  };
  using Lock = std::unique_lock<std::mutex>;

  base::Result<std::shared_ptr<Batch>> Find(const Caller& caller, const std::string& id);
  base::Result<std::shared_ptr<Batch>> Load(const std::string& id);
  static Progress ProgressOf(const std::string& id, const Batch& batch);
  // Nullptr when it was not loaded, or was removed since.
  std::shared_ptr<Batch> Known(const std::string& id);
  void Run(const std::stop_token& stop);
  // Whether it was read, or never will be.
  bool TakeUp(const std::string& id);
  void ServeNext(Lock& lock, const std::stop_token& stop);
  // One step of one chunk; whether there is more to do for it now.
  bool Serve(const std::string& id, Batch& batch);
  // Sees to it that a chunk is under way.
  base::Status Begin(const std::string& id, Batch& batch);
  // Of these the mutex is held.
  std::string NextInTurn();  // REQUIRES: something waits.
  bool AllAreStuck() const;

  const BatchParts parts_;
  std::mutex mutex_;
  std::condition_variable_any wake_;  // Something waits to be served.
  std::size_t patient_ = 0;
  std::condition_variable moved_;  // A chunk was released.
  std::map<std::string, std::shared_ptr<Batch>> known_;
  std::map<std::string, std::deque<std::string>> waiting_;  // By agency, none of them empty.
  std::string last_served_;                                 // Agency.
  // The order that was read last, of the thread alone: many chunks are of one.
  std::optional<std::pair<std::string, BatchOrder>> read_;
  std::jthread thread_;  // Last: it uses the others, and stops first.
};

}  // namespace api
