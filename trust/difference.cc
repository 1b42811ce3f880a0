#include "trust/difference.h"

#include <functional>
#include <map>
#include <string>

namespace trust {
namespace {

using base::Json;
using Keyed = std::map<std::string, const Json*>;
using KeyOf = std::string (*)(const Json&);

std::string ListKey(const Json& list) {
  const bool* of_lists = list.Find("listOfLists") ? list.Find("listOfLists")->AsBool() : nullptr;
  return list.Text("territory").value_or("") + (of_lists != nullptr && *of_lists ? " *" : "");
}

std::string ServiceKey(const Json& service) {
  return service.Text("territory").value_or("") + '\n' + service.Text("type").value_or("") + '\n' +
         service.Text("identity").value_or("");
}

std::string CertificateKey(const Json& certificate) {
  return certificate.Text("sha256").value_or("");
}

// A key that comes again, as a service listed under two providers, keeps its place in the row.
Keyed By(const Json& description, std::string_view name, KeyOf key_of) {
  Keyed keyed;
  const Json* items = description.Find(name);
  if (items == nullptr || items->AsArray() == nullptr) return keyed;
  std::map<std::string, std::size_t> seen;
  for (const Json& item : *items->AsArray()) {
    const std::string key = key_of(item);
    keyed.emplace(key + '\n' + std::to_string(seen[key]++), &item);
  }
  return keyed;
}

Json Changed(const Json& before, const Json& after, std::string_view field) {
  Json change = after;
  change.Set("from", *before.Find(field));
  change.Set("to", *after.Find(field));
  return change;
}

Json Compare(const Keyed& before, const Keyed& after, std::string_view field) {
  Json added = Json::Array{};
  Json removed = Json::Array{};
  Json changed = Json::Array{};
  for (const auto& [key, item] : before)
    if (!after.contains(key)) removed.Push(*item);
  for (const auto& [key, item] : after) {
    const auto old = before.find(key);
    if (old == before.end())
      added.Push(*item);
    else if (*old->second->Find(field) != *item->Find(field))
      changed.Push(Changed(*old->second, *item, field));
  }
  Json json;
  json.Set("added", std::move(added));
  json.Set("removed", std::move(removed));
  json.Set("changed", std::move(changed));
  return json;
}

}  // namespace

Json Difference(const Json& from, const Json& to) {
  Json json;
  json.Set("schema", "edocvault.trust-difference/1");
  json.Set("from", from.Text("snapshot").value_or(""));
  json.Set("to", to.Text("snapshot").value_or(""));
  json.Set("lists", Compare(By(from, "lists", ListKey), By(to, "lists", ListKey), "sequence"));
  json.Set("certificates", Compare(By(from, "certificates", CertificateKey),
                                   By(to, "certificates", CertificateKey), "anchor"));
  json.Set("services",
           Compare(By(from, "services", ServiceKey), By(to, "services", ServiceKey), "status"));
  return json;
}

}  // namespace trust
