#include "base/json.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

namespace base {
namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxValues = 1'000'000;

// Builds a Json from nlohmann's events. Returning false stops the parser.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return Add(Json()); }
  bool boolean(bool value) override { return Add(value); }
  bool number_integer(number_integer_t value) override { return Add(std::int64_t{value}); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max()))
      return false;
    return Add(static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t, const string_t&) override { return false; }
  bool string(string_t& value) override { return Add(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return Open(false); }
  bool key(string_t& name) override {
    Level& level = open_.back();
    if (!level.names.insert(name).second) return false;
    level.name = std::move(name);
    return true;
  }
  bool end_object() override { return Close(); }
  bool start_array(std::size_t) override { return Open(true); }
  bool end_array() override { return Close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

  Json Take() { return std::move(root_); }

 private:
  // An array or object being read. Names are looked up by hash: a list would cost the square
  // of its length.
  struct Level {
    bool is_array;
    Json::Array items;
    Json::Object members;
    std::unordered_set<std::string> names;
    std::string name;  // Of the member being read.
  };

  bool Add(Json value) {
    if (++values_ > kMaxValues) return false;
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Level& level = open_.back();
    if (level.is_array) {
      level.items.push_back(std::move(value));
    } else {
      level.members.emplace_back(std::move(level.name), std::move(value));
    }
    return true;
  }
  bool Open(bool is_array) {
    if (open_.size() == kMaxDepth) return false;
    open_.push_back({is_array, {}, {}, {}, {}});
    return true;
  }
  bool Close() {
    Level level = std::move(open_.back());
    open_.pop_back();
    return Add(level.is_array ? Json(std::move(level.items)) : Json(std::move(level.members)));
  }

  Json root_;
  std::vector<Level> open_;
  std::size_t values_ = 0;
};

nlohmann::ordered_json ToLibrary(const Json& json) {
  if (const bool* value = json.AsBool()) return *value;
  if (const std::int64_t* value = json.AsInteger()) return *value;
  if (const std::string* value = json.AsString()) return *value;
  if (const Json::Array* items = json.AsArray()) {
    auto array = nlohmann::ordered_json::array();
    for (const Json& item : *items) array.push_back(ToLibrary(item));
    return array;
  }
  if (const Json::Object* members = json.AsObject()) {
    // Appended as they are: ordered_json searches all earlier names on every insertion.
    nlohmann::ordered_json::object_t object;
    for (const auto& [name, value] : *members)
      static_cast<std::vector<std::pair<const std::string, nlohmann::ordered_json>>&>(object)
          .emplace_back(name, ToLibrary(value));
    return object;
  }
  return nullptr;
}

std::string Write(const Json& json, int indent) {
  return ToLibrary(json).dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

struct CodeName {
  ErrorCode code;
  std::string_view name;
};
constexpr std::array<CodeName, 8> kCodeNames{{
    {ErrorCode::kInvalidInput, "invalid-input"},
    {ErrorCode::kNotFound, "not-found"},
    {ErrorCode::kConflict, "conflict"},
    {ErrorCode::kDenied, "denied"},
    {ErrorCode::kUnavailable, "unavailable"},
    {ErrorCode::kOutcomeUnknown, "outcome-unknown"},
    {ErrorCode::kCorrupted, "corrupted"},
    {ErrorCode::kInternal, "internal"},
}};

}  // namespace

Result<Json> Json::Parse(std::string_view text) {
  Builder builder;
  if (!nlohmann::json::sax_parse(text, &builder))
    return Error{ErrorCode::kInvalidInput, "json.malformed", "not the JSON we accept"};
  return builder.Take();
}

std::string Json::Dump() const {
  return Write(*this, -1);
}

std::string Json::DumpIndented() const {
  return Write(*this, 2);
}

const Json* Json::Find(std::string_view name) const {
  const Object* members = AsObject();
  if (members == nullptr) return nullptr;
  const auto found = std::ranges::find(*members, name, &Member::first);
  return found == members->end() ? nullptr : &found->second;
}

std::optional<std::string> Json::Text(std::string_view name) const {
  const Json* member = Find(name);
  if (member == nullptr || member->AsString() == nullptr) return std::nullopt;
  return *member->AsString();
}

std::optional<std::int64_t> Json::Integer(std::string_view name) const {
  const Json* member = Find(name);
  if (member == nullptr || member->AsInteger() == nullptr) return std::nullopt;
  return *member->AsInteger();
}

Json& Json::Set(std::string_view name, Json value) {
  if (is_null()) value_ = Object{};
  auto* members = std::get_if<Object>(&value_);
  if (members == nullptr) std::abort();
  const auto found = std::ranges::find(*members, name, &Member::first);
  if (found != members->end()) {
    found->second = std::move(value);
  } else {
    members->emplace_back(std::string(name), std::move(value));
  }
  return *this;
}

Json& Json::Push(Json value) {
  if (is_null()) value_ = Array{};
  auto* items = std::get_if<Array>(&value_);
  if (items == nullptr) std::abort();
  items->push_back(std::move(value));
  return *this;
}

std::string_view ErrorCodeName(ErrorCode code) {
  return std::ranges::find(kCodeNames, code, &CodeName::code)->name;
}

Json ErrorToJson(const Error& error) {
  Json json;
  json.Set("code", ErrorCodeName(error.code));
  json.Set("reason", error.reason);
  json.Set("message", error.message);
  return json;
}

Error ErrorFromJson(const Json& json) {
  const auto found = std::ranges::find(kCodeNames, json.Text("code").value_or(""), &CodeName::name);
  if (found == kCodeNames.end() || !json.Text("reason"))
    return {ErrorCode::kInternal, "channel.malformed", "a role answered with no error of ours"};
  return {found->code, *json.Text("reason"), json.Text("message").value_or("")};
}

}  // namespace base
