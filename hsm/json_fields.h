// JsonFields: reads the members of a JSON object and remembers whether all were there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/json.h"

namespace hsm {

// Borrows the object. A missing or ill-typed member reads as empty and clears ok().
class JsonFields {
 public:
  explicit JsonFields(const base::Json& object) : object_(object) {}

  bool ok() const { return ok_; }

  std::string Text(std::string_view name) { return Need(object_.Text(name)); }
  std::int64_t Integer(std::string_view name) { return Need(object_.Integer(name)); }
  base::Bytes Bytes(std::string_view name) { return Need(base::Base64Decode(Text(name))); }
  bool Bool(std::string_view name) {
    const base::Json* member = object_.Find(name);
    const bool* value = member == nullptr ? nullptr : member->AsBool();
    return value == nullptr ? Need(std::optional<bool>()) : *value;
  }

  // Empty when it is missing. Lives as long as the object.
  const base::Json& Object(std::string_view name) {
    static const base::Json kNone{base::Json::Object{}};
    const base::Json* member = object_.Find(name);
    if (member != nullptr && member->AsObject() != nullptr) return *member;
    ok_ = false;
    return kNone;
  }
  // Each element read by `read(JsonFields&)`, itself an object.
  template <typename T, typename Read>
  std::vector<T> List(std::string_view name, Read read) {
    std::vector<T> list;
    const base::Json* member = object_.Find(name);
    const base::Json::Array* items = member == nullptr ? nullptr : member->AsArray();
    if (items == nullptr) ok_ = false;
    if (items == nullptr) return list;
    for (const base::Json& item : *items) {
      JsonFields fields(item);
      list.push_back(read(fields));
      ok_ = ok_ && fields.ok();
    }
    return list;
  }

  void Fail() { ok_ = false; }

 private:
  template <typename T>
  T Need(std::optional<T> value) {
    if (!value) ok_ = false;
    return value ? std::move(*value) : T{};
  }

  const base::Json& object_;
  bool ok_ = true;
};

}  // namespace hsm
