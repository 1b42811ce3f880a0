#include "signing/limits.h"

#include <algorithm>
#include <string>

namespace signing {

using base::Error;
using base::ErrorCode;

base::Error PassedLimit(const Limits& limits, std::uint64_t Limits::*value, std::uint64_t number) {
  const auto* row = std::ranges::find(kLimitRows, value, &LimitRow::value);
  return {base::ErrorCode::kInvalidInput, std::string(row->reason),
          std::string(row->name) + ": " + std::to_string(number) + ", limit " +
              std::to_string(limits.*value)};
}

base::Status CheckLimit(const Limits& limits, std::uint64_t Limits::*value, std::uint64_t number) {
  if (number <= limits.*value) return base::Ok();
  return PassedLimit(limits, value, number);
}

base::Json LimitNumbersToJson(const Limits& limits) {
  base::Json json;
  for (const LimitRow& row : kLimitRows)
    json.Set(row.name, static_cast<std::int64_t>(limits.*row.value));
  return json;
}

base::Status ReadLimits(const base::Json& json, Limits& limits) {
  const base::Json::Object* object = json.AsObject();
  if (object == nullptr) return Error{ErrorCode::kInvalidInput, "policy.malformed", "limits"};
  for (const auto& [name, value] : *object) {
    const auto* row = std::ranges::find(kLimitRows, name, &LimitRow::name);
    if (row == kLimitRows.end())
      return Error{ErrorCode::kInvalidInput, "policy.malformed", "limits: " + name};
    const std::int64_t number = json.Integer(name).value_or(0);
    if (number < 1 || static_cast<std::uint64_t>(number) > row->hard_maximum)
      return Error{ErrorCode::kInvalidInput, "policy.limit",
                   name + ": from 1 to " + std::to_string(row->hard_maximum)};
    limits.*row->value = static_cast<std::uint64_t>(number);
  }
  return base::Ok();
}

}  // namespace signing
