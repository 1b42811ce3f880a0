#include "api/flow/completion_queue.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "api/flow/kept_id.h"
#include "base/base64.h"
#include "base/log.h"
#include "base/random.h"

namespace api {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

constexpr const char* kDone = ".done";

Error Unknown(const std::string& id) {
  return {ErrorCode::kNotFound, "completion.unknown", id.substr(0, 2 * kKeptIdSize)};
}

std::optional<base::Bytes> OwnerOf(const std::string& id) {
  auto bytes = base::HexDecode(id);
  if (!bytes || bytes->size() != kKeptIdSize) return std::nullopt;
  return bytes;
}

// The outcome is bound to another name than the order: neither stands for the other.
base::Bytes OutcomeOwner(const std::string& id) {
  const base::Sha256Digest digest = base::Sha256(base::AsBytes("edocvault/1 completion " + id));
  return {digest.bytes.begin(), digest.bytes.begin() + kKeptIdSize};
}

bool IsAway(const Error& error) {
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kOutcomeUnknown;
}

Json FactsOf(const std::string& caller, const CompletionQueue::Order& order) {
  Json issuers{Json::Array{}};
  for (const base::Bytes& issuer : order.issuers) issuers.Push(base::Base64Encode(issuer));
  return Json()
      .Set("caller", caller)
      .Set("level", NameOf(order.level))
      .Set("file", order.target.file)
      .Set("id", order.target.id)
      .Set("issuers", std::move(issuers));
}

std::vector<base::Bytes> IssuersIn(const Json& facts) {
  std::vector<base::Bytes> issuers;
  const Json* list = facts.Find("issuers");
  if (list == nullptr || list->AsArray() == nullptr) return issuers;
  for (const Json& one : *list->AsArray())
    if (one.AsString() != nullptr)
      issuers.push_back(base::Base64Decode(*one.AsString()).value_or(base::Bytes{}));
  return issuers;
}

}  // namespace

void CompletionQueue::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

base::Status CompletionQueue::RemoveOld(const std::string& agency) {
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  if (!failed) ::chmod(folder_.c_str(), S_IRWXU);
  const base::Time oldest = clock_.Now() - kLife;
  std::size_t kept = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, failed)) {
    if (entry.path().extension() == kDone) continue;
    const std::filesystem::path outcome = entry.path().string() + kDone;
    struct ::stat facts {};
    if (::stat(outcome.c_str(), &facts) != 0 ||
        base::Time(std::chrono::seconds(facts.st_mtime)) >= oldest) {
      if (IsKeptFor(agency, entry.path().filename().string())) ++kept;
      continue;
    }
    // The order first: an outcome alone is nobody's.
    ::unlink(entry.path().c_str());
    ::unlink(outcome.c_str());
  }
  if (failed) return Error{ErrorCode::kUnavailable, "disk.unwritable", folder_.string()};
  if (kept < kMostKept) return base::Ok();
  return Error{ErrorCode::kUnavailable, "completion.too-many", std::to_string(kept)};
}

base::Result<std::string> CompletionQueue::Submit(const Caller& caller, const Order& order) {
  const base::Bytes owner = KeptId(caller.agency, base::RandomBytes(kKeptIdSize));
  const std::string id = base::HexEncode(owner);
  const std::lock_guard putting(putting_);
  RETURN_IF_ERROR(RemoveOld(caller.agency));
  RETURN_IF_ERROR(
      WriteSealedFile(folder_ / id, keys_, owner, {FactsOf(caller.name, order), order.document}));
  const Lock lock(mutex_);
  known_.emplace(id,
                 std::make_shared<Waiting>(Waiting{.caller = caller.name, .level = order.level}));
  is_new_ = true;
  wake_.notify_all();
  return id;
}

base::Result<SealedContent> CompletionQueue::ReadOrder(const std::string& id) {
  const auto owner = OwnerOf(id);
  if (!owner) return Unknown(id);
  auto order = ReadSealedFile(folder_ / id, keys_, *owner);
  if (!order.ok() && order.error().reason == "file.missing") return Unknown(id);
  return order;
}

base::Result<std::optional<SealedContent>> CompletionQueue::ReadOutcome(const std::string& id) {
  auto outcome = ReadSealedFile(folder_ / (id + kDone), keys_, OutcomeOwner(id));
  if (outcome.ok()) return std::optional(std::move(outcome).value());
  if (outcome.error().reason == "file.missing") return std::optional<SealedContent>();
  return outcome.error();
}

// REQUIRES: the caller does not hold the mutex; the token is asked.
base::Result<std::shared_ptr<CompletionQueue::Waiting>> CompletionQueue::Load(
    const std::string& id) {
  {
    const Lock lock(mutex_);
    if (const auto known = known_.find(id); known != known_.end()) return known->second;
  }
  ASSIGN_OR_RETURN(const SealedContent order, ReadOrder(id));
  ASSIGN_OR_RETURN(const auto outcome, ReadOutcome(id));
  const auto level = FindLevel(order.facts.Text("level").value_or(""));
  if (!level) return Error{ErrorCode::kCorrupted, "aead.mismatch", id};
  auto waiting = std::make_shared<Waiting>(
      Waiting{.caller = order.facts.Text("caller").value_or(""), .level = *level});
  waiting->done = outcome.has_value();
  if (outcome)
    if (const Json* error = outcome->facts.Find("error"))
      waiting->error = base::ErrorFromJson(*error);
  const Lock lock(mutex_);
  return known_.emplace(id, std::move(waiting)).first->second;
}

base::Result<std::shared_ptr<CompletionQueue::Waiting>> CompletionQueue::Find(
    const Caller& caller, const std::string& id) {
  ASSIGN_OR_RETURN(const std::shared_ptr<Waiting> waiting, Load(id));
  if (waiting->caller == caller.name) return waiting;
  return Unknown(id);
}

base::Result<CompletionQueue::Progress> CompletionQueue::Look(const Caller& caller,
                                                              const std::string& id,
                                                              std::chrono::milliseconds wait) {
  ASSIGN_OR_RETURN(const std::shared_ptr<Waiting> waiting, Find(caller, id));
  Lock lock(mutex_);
  const bool is_patient = patient_ < kMostPatient;
  if (is_patient) ++patient_;
  moved_.wait_for(lock, is_patient ? wait : std::min(wait, kShortWait),
                  [&] { return waiting->done; });
  if (is_patient) --patient_;
  return Progress{.level = waiting->level,
                  .done = waiting->done,
                  .waiting_for = waiting->waiting_for,
                  .error = waiting->error};
}

base::Result<base::Bytes> CompletionQueue::Document(const Caller& caller, const std::string& id) {
  RETURN_IF_ERROR(Find(caller, id));
  ASSIGN_OR_RETURN(auto outcome, ReadOutcome(id));
  if (outcome && outcome->facts.Find("error") == nullptr) return std::move(outcome->bytes);
  ASSIGN_OR_RETURN(SealedContent order, ReadOrder(id));
  return std::move(order.bytes);
}

std::vector<std::string> CompletionQueue::Unfinished() const {
  std::vector<std::string> ids;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, none)) {
    const std::string name = entry.path().filename().string();
    if (OwnerOf(name) && !std::filesystem::exists(entry.path().string() + kDone, none))
      ids.push_back(name);
  }
  std::ranges::sort(ids);
  return ids;
}

// One of each agency, then the next of each.
std::vector<std::string> CompletionQueue::NextRound() {
  std::map<std::string, std::vector<std::string>> waiting;
  for (std::string& id : Unfinished()) waiting[std::string(MarkIn(id))].push_back(std::move(id));
  std::vector<std::string> round;
  for (auto& [mark, ids] : waiting)
    std::ranges::rotate(ids, std::ranges::upper_bound(ids, last_asked_[mark]));
  for (std::size_t i = 0; i < kAtOnce; ++i)
    for (const auto& [mark, ids] : waiting)
      if (i < ids.size()) round.push_back(last_asked_[mark] = ids[i]);
  return round;
}

void CompletionQueue::Run(const std::stop_token& stop) {
  std::chrono::seconds rest = kRest;
  while (!stop.stop_requested()) {
    const std::vector<std::string> ids = NextRound();
    bool went_on = false;
    for (const std::string& id : ids) {
      if (stop.stop_requested()) return;
      went_on = Serve(id) || went_on;
    }
    Lock lock(mutex_);
    rest = went_on ? kRest : std::min(2 * rest, kLongestRest);
    const auto is_called = [this] { return is_new_; };
    if (ids.empty())
      wake_.wait(lock, stop, is_called);
    else if (!went_on)
      wake_.wait_for(lock, stop, rest, is_called);
    if (is_new_) rest = kRest;
    is_new_ = false;
  }
}

bool CompletionQueue::Serve(const std::string& id) {
  const auto waiting = Load(id);
  const auto order = ReadOrder(id);
  if (!waiting.ok() || !order.ok()) {
    const Error& error = waiting.ok() ? order.error() : waiting.error();
    if (!IsAway(error)) base::LogError("completion.not-loaded", error);
    return false;
  }
  const Json& facts = order.value().facts;
  const auto longer =
      extend_.Run({.document = order.value().bytes,
                   .target = {facts.Text("file").value_or(""), facts.Text("id").value_or("")},
                   .level = waiting.value()->level,
                   .issuers = IssuersIn(facts)});
  const bool away = !longer.ok() && IsAway(longer.error());
  const base::Status kept = away ? base::Status(longer.error()) : Finish(id, longer);
  const Lock lock(mutex_);
  if (!kept.ok()) {
    if (waiting.value()->waiting_for != kept.error().reason)
      base::LogError("completion.waits", kept.error());
    waiting.value()->waiting_for = kept.error().reason;
    return false;
  }
  waiting.value()->waiting_for.clear();
  waiting.value()->done = true;
  if (!longer.ok()) waiting.value()->error = longer.error();
  moved_.notify_all();
  return true;
}

base::Status CompletionQueue::Finish(const std::string& id,
                                     const base::Result<base::Bytes>& longer) {
  SealedContent outcome{Json(Json::Object{}), {}};
  if (longer.ok())
    outcome.bytes = longer.value();
  else
    outcome.facts.Set("error", base::ErrorToJson(longer.error()));
  return WriteSealedFile(folder_ / (id + kDone), keys_, OutcomeOwner(id), outcome);
}

}  // namespace api
