#include "api/trust_keeper.h"

#include <poll.h>

#include "base/log.h"
#include "signing/trust_material.h"

namespace api {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

constexpr std::chrono::seconds kLookPeriod{1};
// A snapshot that was refused may be mended in its place.
constexpr std::chrono::seconds kRetryPeriod{30};
// All lists of the Union take about two seconds.
constexpr hardening::Walls kWalls{.cpu = std::chrono::seconds{30}};

Json WithoutServices(const Json& description) {
  Json short_one;
  for (const auto& [name, value] : *description.AsObject())
    if (name != "services") short_one.Set(name, value);
  return short_one;
}

std::size_t CountOf(const Json& json, std::string_view name) {
  const Json* list = json.Find(name);
  return list != nullptr && list->AsArray() != nullptr ? list->AsArray()->size() : 0;
}

}  // namespace

base::Result<Json> ReadDescribed(const base::Result<base::Bytes>& described) {
  if (!described.ok() && described.error().reason.starts_with("walls.limit-"))
    return Error{ErrorCode::kInvalidInput, "input.too-costly", described.error().message};
  if (!described.ok()) return described.error();
  ASSIGN_OR_RETURN(Json json, Json::Parse(base::AsText(described.value())));
  if (json.AsObject() == nullptr)
    return Error{ErrorCode::kInternal, "channel.malformed", "no description"};
  return json;
}

void TrustKeeper::LoadNow() {
  due_ = {};
  retry_ = {};
  StartNext();
  while (work_) {
    pollfd item{work_->fd(), POLLIN, 0};
    static_cast<void>(
        ::poll(&item, 1, static_cast<int>(kLookPeriod / std::chrono::milliseconds{1})));
    if (work_->Read()) Finish();
  }
}

base::Result<std::string> TrustKeeper::Wanted() const {
  if (!config_.snapshot.empty()) return config_.snapshot;
  return store_.Current();
}

void TrustKeeper::StartNext() {
  const auto now = Steady::now();
  if (work_ || now < due_) return;
  due_ = now + kLookPeriod;
  const auto wanted = Wanted();
  if (!wanted.ok()) return Reject("", wanted.error());
  if (wanted.value() == id_) {
    rejected_.clear();
    rejection_ = Json();
    return SetFacts();
  }
  if (!rejection_.is_null() && wanted.value() == rejected_ && now < retry_) return;
  const base::Status started = Start(wanted.value());
  if (!started.ok()) Reject(wanted.value(), started.error());
}

base::Status TrustKeeper::Start(const std::string& id) {
  ASSIGN_OR_RETURN(next_, store_.Read(id));
  ASSIGN_OR_RETURN(files_, store_.ReadFiles(next_));
  const base::Time now = clock_.Now();
  ASSIGN_OR_RETURN(
      auto work, hardening::WalledWork::Start(kWalls, [&] {
        return base::ToBytes(signing::DescribeTrust(trust::Borrow(files_), now).Dump());
      }));
  work_.emplace(std::move(work));
  return base::Ok();
}

bool TrustKeeper::Finish() {
  const auto described = std::move(*work_).Finish();
  work_.reset();
  const base::Status taken = TakeUp(described);
  files_.clear();
  if (!taken.ok()) Reject(next_.id, taken.error());
  return taken.ok();
}

base::Status TrustKeeper::TakeUp(const base::Result<base::Bytes>& described) {
  ASSIGN_OR_RETURN(const Json description, ReadDescribed(described));
  if (description.Text("snapshot") != next_.id)
    return Error{ErrorCode::kCorrupted, "trust.store-damaged", "its files are another snapshot"};
  RETURN_IF_ERROR(trust::RefuseUnverified(description));
  const Json* before = used_.Find("description");
  const std::string older = before != nullptr ? trust::OlderList(*before, description) : "";
  trust_ = std::make_shared<const signing::PreparedTrust>(
      signing::PreparedTrust::Read(trust::Borrow(files_), clock_.Now()));
  id_ = next_.id;
  rejected_.clear();
  rejection_ = Json();
  used_ = Json();
  used_.Set("configured", true);
  used_.Set("snapshot", id_);
  used_.Set("created", base::FormatTime(next_.created));
  used_.Set("source", next_.source);
  used_.Set("services", CountOf(description, "services"));
  used_.Set("description", WithoutServices(description));
  used_.Set("older", older.empty() ? Json() : Json(older));
  SetFacts();
  Json fields;
  fields.Set("snapshot", id_);
  if (!older.empty()) fields.Set("older", older);
  base::Log(base::Severity::kInfo, "trust.in-use", fields);
  return base::Ok();
}

void TrustKeeper::Reject(const std::string& id, const Error& error) {
  // Said once, not at each look.
  const bool known =
      !rejection_.is_null() && rejected_ == id && rejection_.Text("code") == error.reason;
  if (!known) base::LogError("trust.not-taken-up", error);
  rejected_ = id;
  retry_ = Steady::now() + kRetryPeriod;
  rejection_ = Json();
  rejection_.Set("snapshot", id.empty() ? Json() : Json(id));
  rejection_.Set("code", error.reason);
  SetFacts();
}

void TrustKeeper::SetFacts() {
  if (used_.is_null()) {
    used_.Set("configured", true);
    used_.Set("snapshot", Json());
  }
  facts_ = used_;
  facts_.Set("rejected", rejection_);
}

}  // namespace api
