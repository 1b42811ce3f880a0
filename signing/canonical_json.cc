#include "signing/canonical_json.h"

#include <algorithm>
#include <set>

namespace signing {
namespace {

using base::Json;

Json Sorted(const Json& json) {
  if (const Json::Array* items = json.AsArray()) {
    Json::Array sorted;
    sorted.reserve(items->size());
    for (const Json& item : *items) sorted.push_back(Sorted(item));
    return sorted;
  }
  if (const Json::Object* members = json.AsObject()) {
    Json::Object sorted;
    sorted.reserve(members->size());
    for (const auto& [name, value] : *members) sorted.emplace_back(name, Sorted(value));
    std::ranges::sort(sorted, {}, &Json::Member::first);
    return sorted;
  }
  return json;
}

// RFC 6901, 3: "~" and "/" are written as "~0" and "~1".
std::string Escaped(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string CanonicalText(const Json& json) {
  return Sorted(json).Dump() + "\n";
}

std::string FirstDifference(const Json& a, const Json& b) {
  if (a == b) return {};
  if (a.AsArray() != nullptr && b.AsArray() != nullptr) {
    const std::size_t both = std::min(a.AsArray()->size(), b.AsArray()->size());
    for (std::size_t i = 0; i < both; ++i)
      if (!((*a.AsArray())[i] == (*b.AsArray())[i]))
        return "/" + std::to_string(i) + FirstDifference((*a.AsArray())[i], (*b.AsArray())[i]);
    return "/" + std::to_string(both);
  }
  if (a.AsObject() == nullptr || b.AsObject() == nullptr) return {};
  std::set<std::string> names;
  for (const Json* json : {&a, &b})
    for (const auto& [name, value] : *json->AsObject()) names.insert(name);
  for (const std::string& name : names) {
    const Json* of_a = a.Find(name);
    const Json* of_b = b.Find(name);
    if (of_a == nullptr || of_b == nullptr) return "/" + Escaped(name);
    if (!(*of_a == *of_b)) return "/" + Escaped(name) + FirstDifference(*of_a, *of_b);
  }
  return {};  // The same members in another order.
}

}  // namespace signing
