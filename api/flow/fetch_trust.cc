#include "api/flow/fetch_trust.h"

namespace api {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

Json TimeOrNull(const std::optional<base::Time>& time) {
  return time ? Json(base::FormatTime(*time)) : Json();
}

}  // namespace

base::Result<Json> FetchTrust::Fetch() {
  trust::Files lists;
  for (const auto& [name, url] : config_->lists) {
    ASSIGN_OR_RETURN(base::Bytes bytes, outbound_.Fetch(name));
    lists.push_back({name, std::move(bytes)});
  }
  return inspector_.ImportTrust(lists);
}

base::Result<Json> FetchTrust::Run() {
  if (!has_sources())
    return Error{ErrorCode::kNotFound, "trust.not-configured", "[trust] names no lists"};
  const std::unique_lock running(running_, std::try_to_lock);
  if (!running.owns_lock())
    return Error{ErrorCode::kConflict, "trust.fetch-running", "another fetch runs"};
  auto fetched = Fetch();
  const std::lock_guard lock(mutex_);
  last_ = clock_.Now();
  failures_ = fetched.ok() ? 0 : failures_ + 1;
  code_ = fetched.ok() ? "" : fetched.error().reason;
  if (fetched.ok()) succeeded_ = last_;
  return fetched;
}

Json FetchTrust::Status() const {
  if (!has_sources()) return {};
  const std::lock_guard lock(mutex_);
  Json json;
  json.Set("last", TimeOrNull(last_));
  json.Set("succeeded", TimeOrNull(succeeded_));
  json.Set("failures", failures_);
  json.Set("code", code_.empty() ? Json() : Json(code_));
  return json;
}

int FetchTrust::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

}  // namespace api
