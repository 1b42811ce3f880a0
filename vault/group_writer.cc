#include "vault/group_writer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/log.h"
#include "vault/record_codec.h"

namespace vault {
namespace {

using base::Error;
using base::ErrorCode;

// Entries in one transaction: far below LMDB's limit of dirty pages, where it would spill.
constexpr std::size_t kMaxGroup = 4096;

Error Stopped() {
  return {ErrorCode::kUnavailable, "ledger.stopped",
          "an earlier commit failed; open the ledger again"};
}

Error Uncertain(const Error& cause) {
  return {ErrorCode::kOutcomeUnknown, "ledger.commit", cause.message};
}

}  // namespace

GroupWriter::GroupWriter(Stores stores, Edge edge, std::size_t queue_limit)
    : stores_(stores),
      queue_limit_(queue_limit),
      edge_(std::move(edge)),
      head_{edge_.size(), edge_.Root()},
      thread_([this] { Run(); }) {}

GroupWriter::~GroupWriter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  queued_.notify_one();
  thread_.join();
}

base::Result<std::vector<Appended>> GroupWriter::Append(std::vector<Record> records) {
  // Encoding and hashing happen here, on the caller's thread, so that the writer only writes.
  auto pending = std::make_unique<Pending>();
  const std::size_t count = records.size();
  pending->items.reserve(count);
  for (Record& record : records) {
    ASSIGN_OR_RETURN(base::Bytes encoded, EncodeRecord(record));
    const base::Sha256Digest leaf = LeafHash(encoded);
    pending->items.push_back({std::move(record), std::move(encoded), {{}, leaf}});
  }
  std::future<base::Result<std::vector<Appended>>> answer = pending->answer.get_future();
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return Stopped();
    if (queued_records_ + count > queue_limit_)
      return Error{ErrorCode::kUnavailable, "vault.busy",
                   std::to_string(queued_records_) + " appends are waiting"};
    queued_records_ += count;
    queue_.push_back(std::move(pending));
  }
  queued_.notify_one();
  return answer.get();
}

TreeHead GroupWriter::Head() const {
  const std::lock_guard lock(mutex_);
  return head_;
}

void GroupWriter::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
}

void GroupWriter::Run() {
  for (Group group = NextGroup(); !group.empty(); group = NextGroup()) CommitGroup(group);
}

GroupWriter::Group GroupWriter::NextGroup() {
  std::unique_lock lock(mutex_);
  queued_.wait(lock, [this] { return ending_ || !queue_.empty(); });
  Group group;
  std::size_t count = 0;
  while (!queue_.empty() && (group.empty() || count + queue_.front()->items.size() <= kMaxGroup)) {
    count += queue_.front()->items.size();
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queued_records_ -= count;
  return group;
}

void GroupWriter::CommitGroup(const Group& group) {
  const base::Status written = Write(group);
  if (!written.ok()) base::LogError("vault.append-failed", written.error());
  if (!written.ok() && written.error().code == ErrorCode::kOutcomeUnknown) Stop();
  for (const auto& pending : group)
    pending->answer.set_value(written.ok() ? AnswerTo(*pending) : written.error());
}

base::Result<std::vector<Appended>> GroupWriter::AnswerTo(const Pending& pending) {
  if (pending.taken)
    return Error{ErrorCode::kConflict, "record.exists", "record " + pending.taken->Text()};
  std::vector<Appended> appended;
  appended.reserve(pending.items.size());
  for (const Item& item : pending.items) appended.push_back(item.appended);
  return appended;
}

base::Status GroupWriter::Write(const Group& group) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return Stopped();
  }
  RETURN_IF_ERROR(MarkTaken(group));
  ASSIGN_OR_RETURN(LogWriter log, stores_.log.BeginWrite(edge_));
  RETURN_IF_ERROR(PutRows(group, log));
  if (log.edge().size() == edge_.size()) return base::Ok();  // All were taken.
  RETURN_IF_ERROR(CommitAll(std::move(log)));
  Index(group, Head());
  return base::Ok();
}

base::Status GroupWriter::MarkTaken(const Group& group) const {
  std::vector<const Record*> records;
  for (const auto& pending : group)
    for (const Item& item : pending->items) records.push_back(&item.record);
  ASSIGN_OR_RETURN(const std::vector<bool> taken, stores_.index.Taken(records));
  auto next = taken.begin();
  for (const auto& pending : group)
    for (const Item& item : pending->items)
      if (*next++ && !pending->taken) pending->taken = item.record.id;
  return base::Ok();
}

base::Status GroupWriter::PutRows(const Group& group, LogWriter& log) {
  for (const auto& pending : group) {
    if (pending->taken) continue;
    for (Item& item : pending->items) {
      ASSIGN_OR_RETURN(item.appended.entry, log.Append(item.encoded, item.appended.leaf_hash));
    }
  }
  return base::Ok();
}

base::Status GroupWriter::CommitAll(LogWriter log) {
  const Edge edge = log.edge();
  RETURN_IF_ERROR(CommitLog(std::move(log)));
  edge_ = edge;
  const std::lock_guard lock(mutex_);
  head_ = {edge.size(), edge.Root()};
  return base::Ok();
}

// Before anybody is answered, so that whoever reads after an answer waits for its entry.
void GroupWriter::Index(const Group& group, const TreeHead& head) {
  std::vector<IndexFeed::Entry> entries;
  for (const auto& pending : group) {
    if (pending->taken) continue;
    for (Item& item : pending->items)
      entries.push_back({item.appended.entry, std::move(item.record)});
  }
  stores_.index.Push(std::move(entries), head);
}

base::Status GroupWriter::CommitLog(LogWriter log) const {
  const base::Status committed = std::move(log).Commit();
  if (committed.ok() || committed.error().code == ErrorCode::kOutcomeUnknown) return committed;
  // No space: LMDB gives up before it writes the page that would make the entries real.
  // Look, rather than rely on it.
  ASSIGN_OR_RETURN(const LogReader reader, stores_.log.BeginRead());
  const auto end = reader.CheckedEdge();
  if (!end.ok() || end.value().size() != edge_.size()) return Uncertain(committed.error());
  return committed;
}

}  // namespace vault
