#include "api/flow/trust_status.h"

#include <array>

namespace api {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

base::Time CreatedOf(const Json& facts) {
  return base::ParseTime(facts.Text("created").value_or("")).value_or(base::Time());
}

const Json& DescriptionOf(const Json& facts) {
  static const Json kNone;
  const Json* description = facts.Find("description");
  return description != nullptr ? *description : kNone;
}

Json Member(const Json& json, std::string_view name) {
  const Json* member = json.Find(name);
  return member != nullptr ? *member : Json();
}

void Warn(Json& warnings, const std::string& code, base::Language language) {
  Json warning;
  warning.Set("code", code);
  warning.Set("message", base::TextOf(code, language));
  warnings.Push(std::move(warning));
}

// A list of a snapshot in use that says something about itself, and what became of the sources.
Json WarningsOf(const Json& report, base::Language language) {
  Json warnings = Json::Array{};
  const std::string state = report.Text("state").value_or("");
  if (state == "absent") Warn(warnings, "trust.unready", language);
  if (state == "expiring") Warn(warnings, "trust.expiring", language);
  if (state == "expired") Warn(warnings, "trust.stale", language);
  if (report.Text("older")) Warn(warnings, "trust.older-in-use", language);
  if (const Json* rejected = report.Find("rejected"); rejected != nullptr && !rejected->is_null())
    Warn(warnings, rejected->Text("code").value_or(""), language);
  if (const auto code = Member(report, "fetch").Text("code")) Warn(warnings, *code, language);
  return warnings;
}

}  // namespace

base::Result<Json> TrustStatus::Report(base::Language language) {
  Json facts;
  if (config_ != nullptr) {
    ASSIGN_OR_RETURN(facts, inspector_.Trust());
  }
  const bool present = facts.Text("snapshot").has_value();
  const Json& description = DescriptionOf(facts);
  const base::Time now = clock_.Now();
  trust::Expiry expiry;
  if (present) expiry = trust::ExpiryOf(description, CreatedOf(facts), now, config_->limits);
  Json json;
  json.Set("schema", "edocvault.trust-status/1");
  json.Set("configured", config_ != nullptr);
  json.Set("snapshot", Member(facts, "snapshot"));
  json.Set("created", Member(facts, "created"));
  json.Set("source", Member(facts, "source"));
  const auto age = std::chrono::floor<std::chrono::days>(now - CreatedOf(facts)).count();
  json.Set("ageDays", present ? Json(std::int64_t{age}) : Json());
  const std::string_view absent = config_ == nullptr ? "none" : "absent";
  json.Set("state", present ? trust::NameOf(expiry.freshness) : absent);
  json.Set("nextExpiry", expiry.next ? Json(base::FormatTime(*expiry.next)) : Json());
  for (const char* name : {"lists", "certificates"}) json.Set(name, Member(description, name));
  json.Set("services", Member(facts, "services"));
  json.Set("findings", Member(description, "findings"));
  json.Set("older", Member(facts, "older"));
  json.Set("rejected", Member(facts, "rejected"));
  json.Set("fetch", fetch_.Status());
  json.Set("warnings", WarningsOf(json, language));
  return json;
}

base::Status TrustStatus::RequireReady() {
  if (config_ == nullptr) return base::Ok();
  ASSIGN_OR_RETURN(const Json facts, inspector_.Trust());
  if (!facts.Text("snapshot")) {
    const Json rejected = Member(facts, "rejected");
    return Error{ErrorCode::kUnavailable, "trust.unready",
                 "no snapshot: " + rejected.Text("code").value_or("")};
  }
  const trust::Expiry expiry =
      trust::ExpiryOf(DescriptionOf(facts), CreatedOf(facts), clock_.Now(), config_->limits);
  // Lists, and none of them in use.
  if (!expiry.next && expiry.freshness == trust::Freshness::kExpired)
    return Error{ErrorCode::kUnavailable, "trust.stale", "no list is in use"};
  if (expiry.next && clock_.Now() + config_->unready_before > *expiry.next)
    return Error{ErrorCode::kUnavailable, "trust.stale", base::FormatTime(*expiry.next)};
  return base::Ok();
}

}  // namespace api
