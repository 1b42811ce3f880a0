#include "vault/index_feed.h"

#include <chrono>
#include <utility>

#include "base/log.h"

namespace vault {
namespace {

// Entries in one transaction: far below LMDB's limit of dirty pages, where it would spill.
constexpr std::size_t kMostAtOnce = 4096;
// Between two tries on a full disk.
constexpr std::chrono::milliseconds kPause{100};

// An id has 16 bytes and an alias 32, so that one is never taken for the other.
std::vector<base::Bytes> NamesOf(const Record& record) {
  const auto copy = [](base::ByteSpan bytes) { return base::Bytes(bytes.begin(), bytes.end()); };
  std::vector<base::Bytes> names{copy(record.id.span())};
  if (record.kind == RecordKind::kClient) names.push_back(copy(record.commitment.span()));
  return names;
}

}  // namespace

IndexFeed::IndexFeed(const Index& index, std::size_t backlog)
    : index_(index), backlog_(backlog), thread_([this] { Run(); }) {}

IndexFeed::~IndexFeed() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

base::Result<std::vector<bool>> IndexFeed::Taken(const std::vector<const Record*>& records) const {
  std::vector<bool> taken(records.size(), false);
  std::set<base::Bytes> among;  // Two of one id may come at once.
  {
    const std::lock_guard lock(mutex_);
    if (failure_ && (stopped_ || pushed_ - indexed_ >= backlog_)) return *failure_;
    for (std::size_t i = 0; i < records.size(); ++i)
      for (base::Bytes& name : NamesOf(*records[i]))
        if (on_the_way_.contains(name) || !among.insert(std::move(name)).second) taken[i] = true;
  }
  // Names leave the way after they are in the index, so none is missed between the two.
  RETURN_IF_ERROR(index_.FindTaken(records, taken));
  return taken;
}

void IndexFeed::Push(std::vector<Entry> entries, const TreeHead& head) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return failure_ || pushed_ - indexed_ < backlog_; });
  for (const Entry& entry : entries)
    for (base::Bytes& name : NamesOf(entry.record)) on_the_way_.insert(std::move(name));
  pushed_ += entries.size();
  waiting_.push_back({std::move(entries), head});
  changed_.notify_all();
}

base::Status IndexFeed::AwaitAll() const {
  std::unique_lock lock(mutex_);
  const std::uint64_t until = pushed_;
  changed_.wait(lock, [&] { return failure_ || indexed_ >= until; });
  if (failure_) return *failure_;
  return base::Ok();
}

void IndexFeed::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    std::deque<Batch> taken;
    std::size_t count = 0;
    while (!waiting_.empty() &&
           (taken.empty() || count + waiting_.front().entries.size() <= kMostAtOnce)) {
      count += waiting_.front().entries.size();
      taken.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    while (true) {
      lock.unlock();
      const base::Status applied = Apply(taken);
      lock.lock();
      if (applied.ok()) break;
      NoteFailure(applied.error());
      if (stopped_) return;
      changed_.wait_for(lock, kPause, [this] { return ending_; });
      if (ending_) return;
    }
    failure_.reset();
    for (const Batch& batch : taken)
      for (const Entry& entry : batch.entries)
        for (const base::Bytes& name : NamesOf(entry.record)) on_the_way_.erase(name);
    indexed_ += count;
    changed_.notify_all();
  }
}

// A full disk may pass, and nothing that was acknowledged waits for it: those who append go on
// while there is room for what the index lags behind.
void IndexFeed::NoteFailure(const base::Error& error) {
  if (!failure_) base::LogError("vault.index-stopped", error);
  stopped_ = error.reason != "disk.full";
  failure_ = error;
  if (stopped_) failure_->reason = "ledger.stopped";
  if (stopped_) failure_->code = base::ErrorCode::kUnavailable;
  index_.Note(error);
  changed_.notify_all();
}

base::Status IndexFeed::Apply(const std::deque<Batch>& batches) const {
  ASSIGN_OR_RETURN(IndexWriter writer, index_.BeginWrite());
  for (const Batch& batch : batches)
    for (const Entry& entry : batch.entries)
      RETURN_IF_ERROR(writer.Add(entry.number, entry.record));
  return std::move(writer).Commit(batches.back().head);
}

}  // namespace vault
