// Json: a JSON value (RFC 8259), parsed strictly and written deterministically.
//
// Objects keep the order in which their members were set, so that a report always
// has the same bytes. Numbers are 64-bit integers; nothing of ours needs fractions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace base {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;                                                      // null
  Json(std::nullptr_t) {}                                                // NOLINT: implicit
  Json(bool value) : value_(value) {}                                    // NOLINT: implicit
  Json(std::int64_t value) : value_(value) {}                            // NOLINT: implicit
  Json(int value) : value_(std::int64_t{value}) {}                       // NOLINT: implicit
  Json(std::size_t value) : value_(static_cast<std::int64_t>(value)) {}  // NOLINT: implicit
  Json(std::string value) : value_(std::move(value)) {}                  // NOLINT: implicit
  Json(std::string_view value) : value_(std::string(value)) {}           // NOLINT: implicit
  Json(const char* value) : value_(std::string(value)) {}                // NOLINT: implicit
  Json(Array value) : value_(std::move(value)) {}                        // NOLINT: implicit
  Json(Object value) : value_(std::move(value)) {}                       // NOLINT: implicit

  // Refuses: duplicate member names, fractions and exponents, numbers outside int64,
  // invalid UTF-8, depth beyond 32, more than a million values, bytes after the value.
  // kInvalidInput "json.malformed".
  static Result<Json> Parse(std::string_view text);

  // Without white space; or indented by two spaces, for people.
  // Invalid UTF-8 in a string is written as U+FFFD.
  std::string Dump() const;
  std::string DumpIndented() const;

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }

  // nullptr when the value is of another type.
  const bool* AsBool() const { return std::get_if<bool>(&value_); }
  const std::int64_t* AsInteger() const { return std::get_if<std::int64_t>(&value_); }
  const std::string* AsString() const { return std::get_if<std::string>(&value_); }
  const Array* AsArray() const { return std::get_if<Array>(&value_); }
  const Object* AsObject() const { return std::get_if<Object>(&value_); }

  // nullptr when this is no object or has no such member.
  const Json* Find(std::string_view name) const;

  // The member as text or number; nullopt when it is absent or of another type.
  std::optional<std::string> Text(std::string_view name) const;
  std::optional<std::int64_t> Integer(std::string_view name) const;

  // Replaces or appends. A null becomes an object first. REQUIRES: null or object.
  Json& Set(std::string_view name, Json value) &;
  // A null becomes an array first. REQUIRES: null or array.
  Json& Push(Json value) &;

  // Of a temporary, by value: a chain of them moves what it makes and copies nothing.
  Json Set(std::string_view name, Json value) && { return std::move(Set(name, std::move(value))); }
  Json Push(Json value) && { return std::move(Push(std::move(value))); }

  friend bool operator==(const Json&, const Json&) = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, std::string, Array, Object> value_;
};

// How an Error travels between processes and to callers.
Json ErrorToJson(const Error& error);
// A text that is not an error of ours reads as kInternal "channel.malformed".
Error ErrorFromJson(const Json& json);

// Stable names of the codes: "invalid-input", "not-found", ...
std::string_view ErrorCodeName(ErrorCode code);

}  // namespace base
