#include "api/http/message.h"

#include <algorithm>
#include <array>

namespace api {
namespace {

struct StatusRow {
  base::ErrorCode code;
  int status;
};
constexpr std::array<StatusRow, 8> kStatus{{{base::ErrorCode::kInvalidInput, 400},
                                            {base::ErrorCode::kNotFound, 404},
                                            {base::ErrorCode::kConflict, 409},
                                            {base::ErrorCode::kDenied, 403},
                                            {base::ErrorCode::kUnavailable, 503},
                                            {base::ErrorCode::kOutcomeUnknown, 500},
                                            {base::ErrorCode::kCorrupted, 500},
                                            {base::ErrorCode::kInternal, 500}}};

// Reasons for which HTTP has a better word than their code has.
struct ReasonRow {
  std::string_view reason;
  int status;
};
constexpr std::array<ReasonRow, 8> kReasonStatus{{{"body.too-large", 413},
                                                  {"disk.full", 507},
                                                  {"http.length-required", 411},
                                                  {"http.method-not-allowed", 405},
                                                  {"http.no-such-path", 404},
                                                  {"input.too-costly", 422},
                                                  {"key.erased", 410},
                                                  {"range.unsatisfiable", 416}}};

int StatusOf(const base::Error& error) {
  const auto by_reason = std::ranges::find(kReasonStatus, error.reason, &ReasonRow::reason);
  if (by_reason != kReasonStatus.end()) return by_reason->status;
  return std::ranges::find(kStatus, error.code, &StatusRow::code)->status;
}

// What the caller did or asked for may be told in detail. How we are built may not: details
// of what is unavailable or broken name our files and roles, and go to the log.
bool IsForTheCaller(base::ErrorCode code) {
  return code == base::ErrorCode::kInvalidInput || code == base::ErrorCode::kNotFound ||
         code == base::ErrorCode::kConflict || code == base::ErrorCode::kDenied;
}

}  // namespace

std::string Request::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

std::optional<std::string> Request::Query(const std::string& name) const {
  const auto found = query.find(name);
  if (found == query.end()) return std::nullopt;
  return found->second;
}

base::Language Request::language() const {
  return Header("accept-language").starts_with("lv") ? base::Language::kLatvian
                                                     : base::Language::kEnglish;
}

Response JsonResponse(int status, const base::Json& json) {
  return {.status = status,
          .content_type = "application/json",
          .headers = {},
          .body = base::ToBytes(json.Dump() + "\n")};
}

base::Json ProblemJson(const base::Error& error, base::Language language) {
  base::Json problem;
  problem.Set("type", "urn:edocvault:problem:" + error.reason);
  problem.Set("title", base::TextOf(error.reason, language));
  problem.Set("status", StatusOf(error));
  if (IsForTheCaller(error.code)) problem.Set("detail", error.message);
  problem.Set("code", error.reason);
  problem.Set("action", base::ErrorCodeName(error.code));
  return problem;
}

Response Problem(const base::Error& error, const Request& request) {
  base::Json problem = ProblemJson(error, request.language());
  problem.Set("requestId", request.id);
  Response response = JsonResponse(StatusOf(error), problem);
  response.content_type = "application/problem+json";
  // Keys are counted by the minute.
  if (error.code == base::ErrorCode::kUnavailable)
    response.headers["Retry-After"] = error.reason == "key.rate" ? "60" : "2";
  return response;
}

}  // namespace api
