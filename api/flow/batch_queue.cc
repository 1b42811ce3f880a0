#include "api/flow/batch_queue.h"

#include <algorithm>
#include <ranges>

#include "api/flow/sealing_entry.h"
#include "base/log.h"

namespace api {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kLongestKey = 100;
constexpr std::size_t kMostDocuments = 100;

Error BadInput(const char* reason, std::string what) {
  return {ErrorCode::kInvalidInput, reason, std::move(what)};
}

base::Status CheckOrder(const BatchOrder& order) {
  const auto visible = [](char c) { return c > ' ' && c < 0x7F; };
  if (order.idempotency_key.empty() || order.idempotency_key.size() > kLongestKey ||
      !std::ranges::all_of(order.idempotency_key, visible))
    return BadInput("idempotency.key-required", "header Idempotency-Key");
  if (order.items.empty() || order.items.size() > BatchOrder::kMostItems)
    return BadInput("batch.bad-size", std::to_string(order.items.size()) + " items");
  for (const auto& documents : order.items)
    if (documents.empty() || documents.size() > kMostDocuments)
      return BadInput("batch.bad-size", std::to_string(documents.size()) + " documents");
  if (order.seal.form != signing::SignatureForm::kContainer &&
      order.seal.form != signing::SignatureForm::kDetached)
    return BadInput("sign.bad-form", "container or detached");
  if (order.seal.level == SignatureLevel::kLTA)
    return BadInput("sign.needs-documents", "an archive time-stamp covers the documents");
  return base::Ok();
}

}  // namespace

void BatchQueue::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

BatchQueue::Progress BatchQueue::ProgressOf(const std::string& id, const Batch& batch) {
  Progress progress{
      .id = id, .items = batch.items, .sealed = 0, .failed = 0, .waiting_for = batch.waiting_for};
  for (const auto& [chunk, counts] : batch.chunks) {
    progress.sealed += counts.sealed;
    progress.failed += counts.failed;
  }
  return progress;
}

std::shared_ptr<BatchQueue::Batch> BatchQueue::Known(const std::string& id) {
  Lock lock(mutex_);
  const auto known = known_.find(id);
  if (known == known_.end()) return nullptr;
  if (!known->second->done()) return known->second;
  lock.unlock();
  const bool is_there = !parts_.store.Chunks(id).empty();
  lock.lock();
  const auto batch = known_.find(id);
  if (batch == known_.end()) return nullptr;
  if (is_there || !batch->second->done()) return batch->second;
  known_.erase(batch);
  return nullptr;
}

// REQUIRES: the caller does not hold the mutex; the token is asked.
base::Result<std::shared_ptr<BatchQueue::Batch>> BatchQueue::Load(const std::string& id) {
  if (auto known = Known(id)) return known;
  ASSIGN_OR_RETURN(const BatchOrder order, parts_.store.Get(id));
  const auto batch = std::make_shared<Batch>(
      Batch{.caller = order.caller, .agency = order.agency, .items = order.items.size()});
  batch->chunks = parts_.store.Chunks(id);
  const Lock lock(mutex_);
  const auto [kept, is_new] = known_.emplace(id, batch);
  if (is_new && !batch->done()) {
    waiting_[batch->agency].push_back(id);
    wake_.notify_all();
  }
  return kept->second;
}

base::Result<std::shared_ptr<BatchQueue::Batch>> BatchQueue::Find(const Caller& caller,
                                                                  const std::string& id) {
  ASSIGN_OR_RETURN(const std::shared_ptr<Batch> batch, Load(id));
  if (batch->caller == caller.name) return batch;
  return Error{ErrorCode::kNotFound, "batch.unknown", id};
}

base::Result<BatchQueue::Progress> BatchQueue::Submit(const Caller& caller, BatchOrder order) {
  RETURN_IF_ERROR(RequireOwnKey(caller, order.seal.key));
  order.caller = caller.name;
  order.agency = caller.agency;
  RETURN_IF_ERROR(CheckOrder(order));
  ASSIGN_OR_RETURN(const std::string id, parts_.store.Put(order));
  return Look(caller, id);
}

base::Result<BatchQueue::Progress> BatchQueue::Look(const Caller& caller, const std::string& id,
                                                    std::chrono::milliseconds wait) {
  ASSIGN_OR_RETURN(const std::shared_ptr<Batch> batch, Find(caller, id));
  Lock lock(mutex_);
  const bool is_patient = patient_ < kMostPatient;
  if (is_patient) ++patient_;
  moved_.wait_for(lock, is_patient ? wait : std::min(wait, kShortWait),
                  [&] { return batch->done(); });
  if (is_patient) --patient_;
  return ProgressOf(id, *batch);
}

base::Result<std::vector<Outcome>> BatchQueue::Results(const Caller& caller, const std::string& id,
                                                       std::size_t chunk) {
  RETURN_IF_ERROR(Find(caller, id));
  return parts_.store.GetChunk(id, chunk);
}

base::Result<std::vector<base::Json>> BatchQueue::Sealings(const Caller& caller,
                                                           const std::string& id,
                                                           std::size_t chunk) {
  RETURN_IF_ERROR(Find(caller, id));
  std::vector<base::Json> sealings;
  for (std::uint64_t attempt = 0;; ++attempt) {
    auto one = ReadSealing(parts_.ledger, parts_.keys, SealingId(id, chunk, attempt));
    if (!one.ok() && one.error().code == ErrorCode::kNotFound) return sealings;
    if (!one.ok()) return one.error();
    sealings.push_back(std::move(one).value());
  }
}

bool BatchQueue::TakeUp(const std::string& id) {
  const auto loaded = Load(id);
  if (loaded.ok()) return true;
  if (loaded.error().code == ErrorCode::kUnavailable) return false;  // The token is away.
  base::LogError("batch.not-loaded", loaded.error());
  return true;
}

// One is read between two that are served: there may be a month of finished ones, and each is
// opened by the token. Whoever asks for one has it read at once.
void BatchQueue::Run(const std::stop_token& stop) {
  const std::vector<std::string> found = parts_.store.Ids();
  std::deque<std::string> unread(found.begin(), found.end());
  while (!stop.stop_requested()) {
    bool is_away = false;
    if (!unread.empty()) {
      is_away = !TakeUp(unread.front());
      if (is_away) unread.push_back(unread.front());
      unread.pop_front();
    }
    Lock lock(mutex_);
    const auto is_called = [this] { return !waiting_.empty(); };
    if (unread.empty())
      wake_.wait(lock, stop, is_called);
    else if (is_away)
      wake_.wait_for(lock, stop, kRest, is_called);
    if (!stop.stop_requested() && is_called()) ServeNext(lock, stop);
  }
}

std::string BatchQueue::NextInTurn() {
  auto turn = waiting_.upper_bound(last_served_);
  if (turn == waiting_.end()) turn = waiting_.begin();
  last_served_ = turn->first;
  std::string id = turn->second.front();
  turn->second.pop_front();
  if (turn->second.empty()) waiting_.erase(turn);
  return id;
}

bool BatchQueue::AllAreStuck() const {
  return std::ranges::all_of(waiting_, [this](const auto& agencys) {
    const std::deque<std::string>& ids = agencys.second;
    return std::ranges::all_of(ids | std::views::take(kAtOnce), [this](const std::string& id) {
      return !known_.at(id)->waiting_for.empty();
    });
  });
}

void BatchQueue::ServeNext(Lock& lock, const std::stop_token& stop) {
  const std::string id = NextInTurn();
  const std::shared_ptr<Batch> batch = known_.at(id);
  lock.unlock();
  const bool went_on = Serve(id, *batch);
  lock.lock();
  if (!batch->done()) {
    std::deque<std::string>& ids = waiting_[batch->agency];
    ids.insert(ids.begin() + static_cast<long>(std::min(ids.size(), kAtOnce - 1)), id);
  }
  if (!went_on && AllAreStuck()) wake_.wait_for(lock, stop, kRest, [] { return false; });
}

base::Status BatchQueue::Begin(const std::string& id, Batch& batch) {
  if (batch.work) return base::Ok();
  if (!read_ || read_->first != id) {
    read_.reset();
    ASSIGN_OR_RETURN(BatchOrder order, parts_.store.Get(id));
    read_.emplace(id, std::move(order));
  }
  std::size_t chunk = 0;
  while (batch.chunks.contains(chunk)) ++chunk;
  batch.work = std::make_unique<BatchWork>(parts_, id, read_->second, chunk);
  return base::Ok();
}

bool BatchQueue::Serve(const std::string& id, Batch& batch) {
  base::Status done = Begin(id, batch);
  if (done.ok()) done = batch.work->Step();
  const Lock lock(mutex_);
  const std::string waits_for = done.ok() ? "" : done.error().reason;
  if (!done.ok() && batch.waiting_for != waits_for) base::LogError("batch.waits", done.error());
  batch.waiting_for = waits_for;
  if (!done.ok()) return false;
  batch.work.reset();
  batch.chunks = parts_.store.Chunks(id);
  if (batch.done()) read_.reset();
  moved_.notify_all();
  return true;
}

}  // namespace api
