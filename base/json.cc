#include "base/json.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/utf8.h"

namespace base {
namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxValues = 1'000'000;

// A member's name twice: by comparing where there are few, else in order.
bool HasTwins(const Json::Object& members) {
  constexpr std::size_t kFew = 12;
  if (members.size() <= kFew) {
    for (auto one = members.begin(); one != members.end(); ++one)
      if (std::ranges::find(members.begin(), one, one->first, &Json::Member::first) != one)
        return true;
    return false;
  }
  std::vector<std::string_view> names;
  names.reserve(members.size());
  for (const auto& [name, value] : members) names.push_back(name);
  std::ranges::sort(names);
  return std::ranges::adjacent_find(names) != names.end();
}

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
    open_.back().name = std::move(name);
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
  // An array or object being read.
  struct Level {
    bool is_array;
    Json::Array items;
    Json::Object members;
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
    open_.push_back({is_array, {}, {}, {}});
    return true;
  }
  bool Close() {
    Level level = std::move(open_.back());
    open_.pop_back();
    if (HasTwins(level.members)) return false;
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

std::string ByLibrary(const Json& json, int indent) {
  return ToLibrary(json).dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// RFC 8259, 7, as the library writes it. Text that is no UTF-8 is left to the library.
void WriteText(const std::string& text, std::string& out) {
  if (!IsUtf8(text)) {
    out += ByLibrary(text, -1);
    return;
  }
  constexpr std::string_view kShort = "\bb\tt\nn\ff\rr\"\"\\\\";  // In pairs.
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '"';
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto octet = static_cast<unsigned char>(text[at]);
    if (octet >= 0x20 && octet != '"' && octet != '\\') continue;
    out.append(text, from, at - from);
    from = at + 1;
    std::size_t pair = 0;
    while (pair < kShort.size() && kShort[pair] != text[at]) pair += 2;
    if (pair < kShort.size())
      (out += '\\') += kShort[pair + 1];
    else
      ((out += "\\u00") += kDigits[octet >> 4U]) += kDigits[octet & 0x0FU];
  }
  out.append(text, from);
  out += '"';
}

void Write(const Json& json, std::string& out) {
  std::string_view comma;
  if (const bool* value = json.AsBool()) {
    out += *value ? "true" : "false";
  } else if (const std::int64_t* number = json.AsInteger()) {
    out += std::to_string(*number);
  } else if (const std::string* text = json.AsString()) {
    WriteText(*text, out);
  } else if (const Json::Array* items = json.AsArray()) {
    out += '[';
    for (const Json& item : *items) {
      out += comma;
      comma = ",";
      Write(item, out);
    }
    out += ']';
  } else if (const Json::Object* members = json.AsObject()) {
    out += '{';
    for (const auto& [name, member] : *members) {
      out += comma;
      comma = ",";
      WriteText(name, out);
      out += ':';
      Write(member, out);
    }
    out += '}';
  } else {
    out += "null";
  }
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
  std::string text;
  Write(*this, text);
  return text;
}

std::string Json::DumpIndented() const {
  return ByLibrary(*this, 2);
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

Json& Json::Set(std::string_view name, Json value) & {
  constexpr std::size_t kUsual = 6;  // Members: most objects have no more.
  if (is_null()) value_.emplace<Object>().reserve(kUsual);
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

Json& Json::Push(Json value) & {
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
