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

base::Result<Appended> GroupWriter::Append(Record record) {
  // Encoding and hashing happen here, on the caller's thread, so that the writer only writes.
  auto pending = std::make_unique<Pending>();
  ASSIGN_OR_RETURN(pending->encoded, EncodeRecord(record));
  pending->appended.leaf_hash = LeafHash(pending->encoded);
  pending->record = std::move(record);
  std::future<base::Result<Appended>> answer = pending->answer.get_future();
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return Stopped();
    if (queue_.size() >= queue_limit_)
      return Error{ErrorCode::kUnavailable, "vault.busy",
                   std::to_string(queue_.size()) + " appends are waiting"};
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
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), kMaxGroup));
  Group group(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return group;
}

void GroupWriter::CommitGroup(const Group& group) {
  const base::Status written = Write(group);
  if (!written.ok()) base::LogError("vault.append-failed", written.error());
  if (!written.ok() && written.error().code == ErrorCode::kOutcomeUnknown) Stop();
  for (const auto& pending : group) {
    if (!written.ok()) {
      pending->answer.set_value(written.error());
    } else if (pending->taken) {
      pending->answer.set_value(
          Error{ErrorCode::kConflict, "record.exists", "record " + pending->record.id.Text()});
    } else {
      pending->answer.set_value(pending->appended);
    }
  }
}

base::Status GroupWriter::Write(const Group& group) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return Stopped();
  }
  ASSIGN_OR_RETURN(LogWriter log, stores_.log.BeginWrite(edge_));
  ASSIGN_OR_RETURN(IndexWriter index, stores_.index.BeginWrite());
  if (const base::Status put = PutRows(group, log, index); !put.ok()) {
    stores_.index.Note(put.error());
    return put;
  }
  if (log.edge().size() == edge_.size()) return base::Ok();  // All were taken.
  return CommitAll(std::move(log), std::move(index));
}

base::Status GroupWriter::PutRows(const Group& group, LogWriter& log, IndexWriter& index) {
  for (const auto& pending : group) {
    ASSIGN_OR_RETURN(pending->taken, index.IsTaken(pending->record));
    if (pending->taken) continue;
    ASSIGN_OR_RETURN(pending->appended.entry,
                     log.Append(pending->encoded, pending->appended.leaf_hash));
    RETURN_IF_ERROR(index.Add(pending->appended.entry, pending->record));
  }
  return base::Ok();
}

base::Status GroupWriter::CommitAll(LogWriter log, IndexWriter index) {
  const Edge edge = log.edge();
  const TreeHead head{edge.size(), edge.Root()};
  RETURN_IF_ERROR(CommitLog(std::move(log)));
  // The entries are safe now. An index that did not follow is caught up at the next open.
  if (const base::Status indexed = std::move(index).Commit(head); !indexed.ok())
    return Uncertain(indexed.error());
  edge_ = edge;
  const std::lock_guard lock(mutex_);
  head_ = head;
  return base::Ok();
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
